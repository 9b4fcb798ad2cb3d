package import SLSConsumer

/// The rules that a history is run with, or without.
package struct Rules: Sendable {
    /// Those of production's own values.
    package var safeguards: Safeguards
    /// Those of the stores.
    package var store: StoreRules

    package init(_ safeguards: Safeguards = [], store: StoreRules = []) {
        self.safeguards = safeguards
        self.store = store
    }

    package static let all = Rules(.all, store: .all)
    package static let none = Rules()

    func subtracting(_ off: Rules) -> Rules {
        Rules(safeguards.subtracting(off.safeguards), store: store.subtracting(off.store))
    }
}
