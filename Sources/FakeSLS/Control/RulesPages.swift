internal import SLSProtocol

/// `/_fake/rules`: how the emulator behaves where the service's own way is unpublished, by the names of a `--rules` file.
struct RulesPages {
    let rules: RuleService

    /// A rule's value in JSON.
    private enum Shown: Encodable {
        case isOn(Bool)
        case figure(Int?)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .isOn(let isOn): try container.encode(isOn)
            case .figure(let figure): try container.encode(figure)
            }
        }
    }

    /// Every rule; null for a figure that there is not.
    func show() throws(APIError) -> APIResponse {
        let rules = rules.rules
        var shown: [String: Shown] = [:]
        for name in Rules.Switch.allCases { shown[name.rawValue] = .isOn(rules[name]) }
        for name in Rules.Figure.allCases { shown[name.rawValue] = .figure(rules[name]) }
        return try .json(shown)
    }

    /// `{"misspells-codes":true}` sets what it names; all else stays as it is.
    func change(_ bytes: [UInt8]) throws(APIError) -> APIResponse {
        let body = try ControlBody(
            bytes, known: Rules.Switch.allCases.map(\.rawValue) + Rules.Figure.allCases.map(\.rawValue))
        var changed = rules.rules
        for name in Rules.Switch.allCases where body.has(name.rawValue) {
            changed[name] = try body.flag(name.rawValue)
        }
        for name in Rules.Figure.allCases {
            guard let figure = try body.integer(name.rawValue, in: name.range) else { continue }
            changed[name] = figure
        }
        let shortest = try body.integer(Rules.Figure.shortestTimeoutSeconds.rawValue, in: 1...Int.max)
        guard shortest == nil || changed[.shortestTimeoutSeconds] == shortest else {
            throw .parameterInvalid("\"longest-timeout-seconds\": is below \"shortest-timeout-seconds\"")
        }
        rules.set(changed)
        return try show()
    }

    func reset() throws(APIError) -> APIResponse {
        rules.reset()
        return try show()
    }
}
