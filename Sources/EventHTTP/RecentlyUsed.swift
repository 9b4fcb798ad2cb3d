/// A bounded table that forgets what was not asked for longest.
struct RecentlyUsed<Value> {
    private struct Entry {
        var value: Value
        var lastUse: Int
    }

    let limit: Int
    private var entries: [String: Entry] = [:]
    private var uses = 0

    /// - Parameter limit: At least 1.
    init(limit: Int) {
        precondition(limit > 0, "a table needs room for one entry")
        self.limit = limit
    }

    var count: Int { entries.count }

    subscript(key: String) -> Value? {
        mutating get {
            uses += 1
            entries[key]?.lastUse = uses
            return entries[key]?.value
        }
        set {
            uses += 1
            entries[key] = newValue.map { Entry(value: $0, lastUse: uses) }
            // Making a value costs far more than this walk.
            if entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                entries[oldest.key] = nil
            }
        }
    }
}
