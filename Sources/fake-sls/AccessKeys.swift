/// Reads pairs of access key and secret. What is wrong is said without showing a secret.
enum AccessKeys {
    /// A file: a line `id:secret` for each; blank lines and lines that begin with `#` do not count.
    static func parse(file bytes: [UInt8], name: String) throws(Mistakes) -> [String: String] {
        let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        let pairs = lines.enumerated().filter { !$0.element.hasPrefix("#") }
        return try parse(pairs.map { ("\(name) line \($0.offset + 1)", $0.element) }, name: name)
    }

    /// A variable: the pairs, split by commas or line ends.
    static func parse(pairs text: String, name: String) throws(Mistakes) -> [String: String] {
        let pairs = text.split(omittingEmptySubsequences: false) { $0.isNewline || $0 == "," }
        return try parse(pairs.enumerated().map { ("\(name) pair \($0.offset + 1)", $0.element) }, name: name)
    }

    private static func parse(
        _ pairs: [(place: String, text: Substring)], name: String
    ) throws(Mistakes) -> [String: String] {
        var keys: [String: String] = [:]
        var mistakes = Mistakes()
        for (place, text) in pairs {
            let trimmed = trim(text)
            if trimmed.isEmpty { continue }
            let halves = trimmed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else {
                mistakes.add("\(place): expected id:secret")
                continue
            }
            if keys.updateValue(String(halves[1]), forKey: String(halves[0])) != nil {
                mistakes.add("\(place): the id \(halves[0]) is there twice")
            }
        }
        if keys.isEmpty, mistakes.isEmpty { mistakes.add("\(name): holds no access key") }
        if !mistakes.isEmpty { throw mistakes }
        return keys
    }

    private static func trim(_ text: Substring) -> Substring {
        var trimmed = text.drop { $0.isWhitespace }
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        return trimmed
    }
}
