/// A setting outside its range.
public struct ConfigurationMistake: Equatable, Sendable, CustomStringConvertible {
    /// The property of `Consumer.Configuration`, or of a `FailurePolicy`.
    public let setting: String
    /// What it was set to.
    public let value: String
    /// What it must be, and what to set where nothing speaks for another value.
    public let rule: String

    /// A sentence for a person.
    public var description: String { "\(setting) is \(value), but must be \(rule)" }
}

extension Consumer.Configuration {
    /// Every setting that is outside its range.
    var mistakes: [ConfigurationMistake] {
        var mistakes: [ConfigurationMistake] = []
        func check(_ isRight: Bool, _ setting: String, _ value: some CustomStringConvertible, _ rule: String) {
            if isRight { return }
            mistakes.append(ConfigurationMistake(setting: setting, value: value.description, rule: rule))
        }
        check(
            timeout >= GroupTiming.shortestTimeout, "timeout", timeout,
            "6 seconds or more, or a lease leaves no time to work in; leave it at 30 seconds")
        check((1...1_000).contains(pullCount), "pullCount", pullCount, "1 to 1,000 log groups; leave it at 1,000")
        check(saveInterval > .zero, "saveInterval", saveInterval, "more than 0 seconds; leave it at 1 second")
        check(
            runAhead >= 2, "runAhead", runAhead,
            "2 log groups or more, for half of it brings a save forward; leave it at 16,384")
        check(byteBudget > 0, "byteBudget", byteBudget, "1 byte or more; leave it at 256,000,000")
        check(
            byteBudgetPerShard > 0, "byteBudgetPerShard", byteBudgetPerShard, "1 byte or more; leave it at 32,000,000")
        return mistakes
    }
}

extension FailurePolicy {
    /// What is wrong with it.
    var mistakes: [ConfigurationMistake] {
        switch self {
        case .stopShard(let tries) where tries < 1, .deadLetter(let tries, _) where tries < 1:
            [ConfigurationMistake(setting: "afterTries", value: "\(tries)", rule: "1 or more: the first try counts")]
        case .retryForever, .stopShard, .deadLetter: []
        }
    }
}
