/// The rules for what is unpublished, as they are now. They are kept in memory alone.
final class RuleService {
    private let live: LiveStateBox
    private let atStart: Rules

    init(live: LiveStateBox, atStart: Rules) {
        self.live = live
        self.atStart = atStart
        live.state.rules = atStart
    }

    var rules: Rules { live.state.rules }

    /// Holds from here on, for all groups that there are too. What was already judged stays so.
    func set(_ rules: Rules) {
        live.state.rules = rules
        // unordered: each by itself.
        for ref in live.state.groups.keys { live.state.groups[ref]?.coordinator.rules = rules.groups }
    }

    /// Goes back to those of the start.
    func reset() { set(atStart) }
}
