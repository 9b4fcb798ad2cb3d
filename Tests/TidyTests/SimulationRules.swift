extension Rule {
    /// The simulated world must not repeat what it is to examine: two that reckon alike agree in their mistakes.
    static let simulationRules: [Rule] = [
        world(
            "makes no cursor, and reckons with none", #"Cursor\(number:|[Cc]ursor\w*[?!]?\.number\b|\.advanced\("#,
            bad: "let next = cursor.advanced(by: 1)\n", good: "let next = server.end(of: shard)\n"),
        world(
            "knows nothing of margins, intervals and ends of a lease",
            #"\b(timing|lease|membership)[?!]?(\.\w+[?!]?)*\.(margin|leaseEnd|heartbeatInterval|end)\b|\bleaseEnd\("#,
            bad: "let end = timing.leaseEnd(sent: now)\n",
            good: "guard lease.holds(generation: 1, now: now) else { return }\n"),
        world(
            "neither adds to the times of a group nor compares them",
            #"\b(timing|lease)[?!]?(\.\w+)+[?!]?\s*(\+|-|\*|/|<=?|>=?)\s|(\s(\+|\*|/|<=?|>=?)|[\w)]\s-)\s(\w+\.)*(timing|lease)[?!]?\."#,
            bad: "let due = sent + timing.timeout\n", good: "send(request, within: lease.timing.writeTimeout)\n"),
        world(
            "asks the route table where a log group goes", #"\btopicBytes\[|\btopic(Range)?\s*==|hasPrefix\("#,
            bad: "if topic == other { write() }\n", good: "routes.target(ofTopic: topic, in: bytes)\n"),
        world(
            "makes no hash key and no sequence id, and reckons with none",
            #"\bDigest\b|\bepochBitCount\b|\.(sequenceID|epoch|lane)\([^()]*\)\s*[-+*/%]|sequenceID:\s*\w+\s*[-+*/]"#,
            bad: "let next = LaneKeys.sequenceID(of: cursor) + 1\n",
            good: "let number = LaneKeys.sequenceID(of: cursor)\n"),
    ]

    private static func world(_ description: String, _ pattern: String, bad: String, good: String) -> Rule {
        .pattern(
            "the simulated world \(description)", pattern, bad: ("Tests/Simulation/A.swift", bad),
            good: ("Tests/Simulation/A.swift", good), where: { $0.path.hasPrefix("Tests/Simulation/") })
    }
}
