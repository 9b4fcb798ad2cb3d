import FakeSLS
import YAML

/// The file of `--limits`: a mapping of names to figures; what it does not name stays as in `relaxed`.
///
/// ```yaml
/// consumer-groups-per-logstore: 20
/// projects: 5
/// shard-write-calls-per-second: 500
/// ```
enum LimitsFile {
    /// - Throws: Every mistake, each with its line and column.
    static func parse(_ bytes: [UInt8]) throws(Mistakes) -> Limits {
        var limits = Limits.relaxed
        var mistakes = Mistakes()
        let (counts, rates) = (Limits.Name.allCases, Limits.Rate.allCases)
        let root = mistakes.collect { mistakes in
            let root = try YAMLDocument.parse(bytes)
            for error in try root.unknownKeys(known: counts.map(\.rawValue) + rates.map(\.rawValue)) {
                mistakes.add("\(error)")
            }
            return root
        }
        for name in counts {
            let figure = mistakes.collect { _ in try root?.value(name.rawValue)?.integer(in: 0...1_000_000) }
            if case .some(.some(let figure)) = figure { limits[name] = figure }
        }
        for rate in rates {
            let figure = mistakes.collect { _ in try root?.value(rate.rawValue)?.integer(in: 0...1_000_000_000_000) }
            if case .some(.some(let figure)) = figure { limits[rate] = figure }
        }
        if !mistakes.isEmpty { throw mistakes }
        return limits
    }
}
