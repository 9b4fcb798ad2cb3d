extension ReloadableDispatcher {
    /// Why the settings were not changed; those before go on.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// These cannot be changed while the program runs.
        case fixed([String])
        /// The new settings cannot be read, or a dispatcher cannot start with them.
        case cannotStart(String)
        /// Something sent is not settled, so another generation could deliver it again. What is in the way.
        case unfinished([String])
        /// Another change is under way.
        case busy
        /// The program is stopping, or its dispatcher failed.
        case stopped

        /// A sentence for a person, with what to do.
        public var description: String {
            switch self {
            case .fixed(let names):
                "\(names.joined(separator: ", ")) cannot change while the program runs: stop it and start it anew"
            case .cannotStart(let reason): reason
            case .unfinished(let reasons):
                "not everything that was sent could be finished and saved (\(reasons.joined(separator: "; "))), so a change "
                    + "now could deliver it again: ask again once that is over, or restart the program with the new settings, "
                    + "which brings copies at worst"
            case .busy: "another change is under way: ask again when it is done"
            case .stopped: "the program is stopping"
            }
        }
    }
}
