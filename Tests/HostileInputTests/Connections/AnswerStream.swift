import EventHTTP

/// Everything a server sent on a connection, cut into answers.
struct AnswerStream {
    /// Why the bytes are not a row of answers.
    struct Malformed: Error, CustomStringConvertible { let description: String }

    /// The answers proper, in order. `100 Continue` and the answer to `CONNECT` are not among them.
    private(set) var answers: [HTTPResponse] = []
    private(set) var hasOpenedTunnel = false

    /// - Parameter isComplete: Whether the connection ended in order; if not, the last answer may be cut off.
    init(_ bytes: [UInt8], isComplete: Bool = true) throws(Malformed) {
        var rest = bytes[...]
        while let first = rest.first {
            // A record of TLS, inside a tunnel: what stands in it is OpenSSL's.
            if hasOpenedTunnel && (first == 0x15 || first == 0x16) { return }
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                if isComplete {
                    throw Malformed(description: "no end of a head in \(AnswerJudge.excerpt(Array(rest)))")
                }
                return
            }
            let head = try Self.head(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
            if head.status == 100 { continue }
            if head.status == 200 && head.reason == "Connection established" {
                hasOpenedTunnel = true
                continue
            }
            guard let length = head.headers["Content-Length"].flatMap({ Int($0) }), length >= 0,
                head.headers.all("Content-Length").count == 1, !head.headers.contains("Transfer-Encoding")
            else { throw Malformed(description: "no one length in \(head.headers)") }
            // The answer to a HEAD: the next one, or the end, follows at once.
            let isHead = length > 0 && (rest.isEmpty || rest.starts(with: "HTTP/1.1 ".utf8))
            guard isHead || rest.count >= length else {
                if isComplete { throw Malformed(description: "\(rest.count) bytes of a body of \(length)") }
                return
            }
            answers.append(
                HTTPResponse(status: head.status, headers: head.headers, body: isHead ? [] : Array(rest.prefix(length)))
            )
            if !isHead { rest = rest.dropFirst(length) }
        }
    }

    private static func head(
        _ bytes: ArraySlice<UInt8>
    ) throws(Malformed) -> (status: Int, reason: Substring, headers: HTTPHeaders) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(description: "a head not in UTF-8")
        }
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let words = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0] == "HTTP/1.1", words[1].utf8.count == 3, let status = Int(words[1]) else {
            throw Malformed(description: "no status line: \(AnswerJudge.excerpt(Array(bytes)))")
        }
        var headers = HTTPHeaders()
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                throw Malformed(description: "no header: \(line.debugDescription)")
            }
            headers.append(String(line[..<colon]), String(line[colon...].dropFirst().drop { $0 == " " }))
        }
        return (status, words[2], headers)
    }

    /// What is wrong with the answers; nil if nothing is.
    var fault: String? {
        for answer in answers {
            let isHead = answer.body.isEmpty && answer.headers["Content-Length"] != "0"
            if let fault = isHead ? nil : AnswerJudge.fault(answer) { return fault }
        }
        let ids = answers.map { $0.headers["x-log-requestid"] ?? "" }
        return Set(ids).count == ids.count ? nil : "request ids that repeat"
    }
}
