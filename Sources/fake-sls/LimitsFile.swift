import FakeSLS
import YAML

/// The file of `--limits`: a mapping of names to figures; what it does not name stays as in `relaxed`.
///
/// ```yaml
/// consumer-groups-per-logstore: 20
/// projects: 5
/// ```
enum LimitsFile {
    /// - Throws: Every mistake, each with its line and column.
    static func parse(_ bytes: [UInt8]) throws(Mistakes) -> Limits {
        var limits = Limits.relaxed
        var mistakes = Mistakes()
        let known = Limits.Name.allCases
        let root = mistakes.collect { mistakes in
            let root = try YAMLDocument.parse(bytes)
            for error in try root.unknownKeys(known: known.map(\.rawValue)) { mistakes.add("\(error)") }
            return root
        }
        for name in known {
            let figure = mistakes.collect { _ in try root?.value(name.rawValue)?.integer(in: 0...1_000_000) }
            if case .some(.some(let figure)) = figure { limits[name] = figure }
        }
        if !mistakes.isEmpty { throw mistakes }
        return limits
    }
}
