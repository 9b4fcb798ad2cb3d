/// What is to happen, in the order of (time, sequence): the only source of order in a history.
struct EventQueue {
    /// One thing to happen. Plain words, so that moving it in the heap costs nothing; what it carries lies in `Slots`.
    struct Event {
        enum Kind: UInt8 {
            /// A log group comes into the source.
            case produce
            /// A message reaches a mailbox inside a process.
            case note
            /// A timer of a process fires.
            case timer
            /// A request reaches the server or a target.
            case request
            /// An answer reaches a process.
            case answer
            /// A call's time is over.
            case callTimeout
            /// A fault begins.
            case fault
            /// A stopped process goes on.
            case resume
            /// A process that was stopped has had time to look at its clock.
            case awake
            /// A process is started.
            case start
            /// The server is back.
            case serverStart
            /// A target's requests are run in one transaction.
            case turn
            /// A person looks at a shard.
            case operate
            /// The judge looks whether all is settled.
            case look
        }

        let time: TrueTime
        fileprivate(set) var order: Int = 0
        let kind: Kind
        /// Which process, and which life of it: what belongs to an earlier one is void.
        var process = 0
        var life = 0
        /// A slot, a serial or a fault, by the kind.
        var number = 0
        /// Who in the process, for notes and timers: 0 its membership, else the serial of a shard's task.
        var actor = 0

        init(_ kind: Kind, at time: TrueTime, process: Int = 0, life: Int = 0, number: Int = 0, actor: Int = 0) {
            self.time = time
            self.kind = kind
            self.process = process
            self.life = life
            self.number = number
            self.actor = actor
        }

        static func < (a: Event, b: Event) -> Bool {
            a.time == b.time ? a.order < b.order : a.time < b.time
        }
    }

    private var heap: [Event] = []
    private var lastOrder = 0

    init() { heap.reserveCapacity(256) }

    mutating func push(_ event: Event) {
        lastOrder += 1
        var event = event
        event.order = lastOrder
        var index = heap.count
        heap.append(event)
        while index > 0 {
            let parent = (index - 1) / 2
            guard event < heap[parent] else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = event
    }

    mutating func pop() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first }
        var index = 0
        while true {
            var child = 2 * index + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = last
        return first
    }
}

/// What events carry, kept aside under numbers that are used again.
struct Slots<Element> {
    private var elements: [Element?] = []
    private var free: [Int] = []

    mutating func put(_ element: Element) -> Int {
        if let slot = free.popLast() {
            elements[slot] = element
            return slot
        }
        elements.append(element)
        return elements.count - 1
    }

    func peek(_ slot: Int) -> Element {
        guard let element = elements[slot] else { preconditionFailure("slot \(slot) is empty") }
        return element
    }

    mutating func take(_ slot: Int) -> Element {
        guard let element = elements[slot] else { preconditionFailure("slot \(slot) is empty") }
        elements[slot] = nil
        free.append(slot)
        return element
    }
}
