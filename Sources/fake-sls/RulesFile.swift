import FakeSLS
import YAML

/// The file of `--rules`: how to behave where the service's own way is unpublished; what it does not name stays at its
/// default.
///
/// ```yaml
/// forgets-sequence-ids-on-split: true
/// sequence-id-lifetime-seconds: 86400
/// ```
enum RulesFile {
    /// Every key, for `--help` too.
    static let keys = Rules.Switch.allCases.map(\.rawValue) + Rules.Figure.allCases.map(\.rawValue)

    /// - Throws: Every mistake, each with its line and column.
    static func parse(_ bytes: [UInt8]) throws(Mistakes) -> Rules {
        var rules = Rules()
        var mistakes = Mistakes()
        let root = mistakes.collect { mistakes in
            let root = try YAMLDocument.parse(bytes)
            for error in try root.unknownKeys(known: keys) { mistakes.add("\(error)") }
            return root
        }
        for name in Rules.Switch.allCases {
            let value = mistakes.collect { _ in try root?.value(name.rawValue)?.boolean() }
            if case .some(.some(let value)) = value { rules[name] = value }
        }
        for name in Rules.Figure.allCases {
            let value = mistakes.collect { _ in try figure(name, in: root, after: rules) }
            if case .some(.some(let figure)) = value { rules[name] = figure }
        }
        if !mistakes.isEmpty { throw mistakes }
        return rules
    }

    /// The number behind that name; nil where the file does not have it.
    private static func figure(_ name: Rules.Figure, in root: YAMLNode?, after rules: Rules) throws -> Int? {
        guard let node = try root?.value(name.rawValue) else { return nil }
        let figure = try node.integer(in: name.range)
        if name == .longestTimeoutSeconds, let shortest = rules[.shortestTimeoutSeconds], figure < shortest {
            throw node.error("\(figure) is below \(Rules.Figure.shortestTimeoutSeconds.rawValue), which is \(shortest)")
        }
        return figure
    }
}
