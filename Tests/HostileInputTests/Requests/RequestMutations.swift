import EventHTTP
import SLSProtocol

/// Changes to requests that know what a request is made of.
extension Chance {
    /// Changes a request in one to three places.
    mutating func hostile(_ request: HTTPRequest) -> HTTPRequest {
        var request = request
        for _ in 0...length(upTo: 2) {
            switch number(in: 0..<12) {
            case 0:
                request.method = pick([
                    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "", oddText(),
                ])
            case 1: request.target = hostilePath(request.target)
            case 2, 3, 4: request.target = hostileQuery(request.target)
            case 5, 6, 7: request.headers = hostileHeaders(request.headers)
            case 8:
                request.body = pick([[], [0], [UInt8](repeating: byte(), count: length(upTo: 70_000)), damaged([])])
            case 9 where request.body.first == 0x7B || request.body.first == 0x5B:
                request.body = hostileJSON(request.body)
            case 10 where oneIn(20): makeBomb(&request)
            default: request.body = damaged(request.body)
            }
        }
        return request
    }

    private mutating func hostilePath(_ target: String) -> String {
        let (path, query) = Self.split(target)
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        let place = number(in: 0..<segments.count + 1)
        switch number(in: 0..<6) {
        case 0 where place < segments.count: segments.remove(at: place)
        case 1: segments.insert(escaped(oddText()), at: place)
        case 2: return oddText() + query
        case 3: return pick(["http://", "HTTPS://", "http:///", "http://demo.localhost", "http://[::1"]) + target
        default:
            if place < segments.count { segments[place] = escaped(oddText(from: segments[place])) }
        }
        return "/" + segments.joined(separator: "/") + query
    }

    private mutating func hostileQuery(_ target: String) -> String {
        var (path, query) = Self.split(target)
        var parameters = query.dropFirst().split(separator: "&").map { String($0) }
        let names = [
            "type", "from", "cursor", "end_cursor", "count", "key", "seqid", "shardCount", "action", "consumer",
            "offset", "size",
            "forceSuccess", "shard", "ttl", "tags", "resourceId", "nextToken", "processor", "query", "__topic__",
            "mode",
        ]
        if parameters.isEmpty || oneIn(4) {
            let count = oneIn(50) ? 3_000 : 1
            parameters += (0..<count).map { _ in "\(pick(names))=\(escaped(oddText()))" }
        } else {
            let place = number(in: 0..<parameters.count)
            let name = String(parameters[place].prefix { $0 != "=" })
            let value = String(parameters[place].dropFirst(name.count + 1))
            switch number(in: 0..<6) {
            case 0: parameters.remove(at: place)
            case 1: parameters.append(parameters[place])
            case 2: parameters[place] = name
            case 3: parameters[place] = "\(escaped(oddText(from: name)))=\(value)"
            default: parameters[place] = "\(name)=\(escaped(oddText(from: value)))"
            }
        }
        if oneIn(20) { path += "/" }
        return path + "?" + parameters.joined(separator: "&")
    }

    private static func split(_ target: String) -> (path: String, query: String) {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        return (String(target[..<mark]), String(target[mark...]))
    }

    /// As clients write it, or bare.
    private mutating func escaped(_ text: String) -> String {
        oneIn(3) ? text : SignatureV4.percentEncoded(text)
    }

    private static let headerNames = [
        "Host", "Authorization", "x-log-apiversion", "x-log-bodyrawsize", "x-log-compresstype", "x-log-signaturemethod",
        "x-log-date", "Date", "x-log-content-sha256", "Content-Type", "Content-MD5", "Accept-Encoding", "x-log-mode",
        "x-log-project", "x-acs-security-token", "User-Agent", "Referer", "Origin", "x-log-meta-a", "Content-Length",
        "Expect",
    ]

    private mutating func hostileHeaders(_ headers: HTTPHeaders) -> HTTPHeaders {
        var fields = headers.map { (name: $0.name, value: $0.value) }
        let place = number(in: 0..<fields.count + 1)
        switch number(in: 0..<6) {
        case 0 where place < fields.count: fields.remove(at: place)
        case 1 where place < fields.count: fields.append(fields[place])
        case 2 where oneIn(10): fields += (0..<500).map { ("x-log-\($0)", oddText()) }
        case 3 where place < fields.count, 4 where place < fields.count:
            fields[place].value = oddText(from: fields[place].value)
        default:
            let name = pick(Self.headerNames)
            if oneIn(2) { fields.removeAll { $0.name == name } }
            fields.append((name, oddText()))
        }
        var changed = HTTPHeaders()
        for (name, value) in fields { changed.append(name, value) }
        return changed
    }

    mutating func hostileJSON(_ body: [UInt8]) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        let values = [
            "null", "true", "-1", "1e300", "1.5", "9223372036854775808", "\"\"", "[]", "{}", "\"\\u0000\"",
            "\"\\ud83d\"", "\"\\uD83D\\uDE00\"",
            "\"e\\u0301\"", "\"é\"", "tru", "[1,]", "{\"a\":1,\"a\":2}", "'a'", "NaN", "0x1", "\"\u{1}\"", "01", "+1",
            "// c\n1",
        ]
        switch number(in: 0..<8) {
        case 0:
            return Array(
                String(
                    repeating: pick(["[", "{\"a\":", "[{\"__logs__\":"]), count: pick([31, 32, 33, 512, 513, 20_000])
                ).utf8)
        case 1: return [0xEF, 0xBB, 0xBF] + body
        case 2: return body.flatMap { oneIn(2) ? [$0, 0] : [0, $0] }
        case 3: return body.flatMap { [$0, 0] }
        case 4: return Array((text + pick([text, " ", "\u{0}", "}", ","])).utf8)
        default:
            // One value of the text gives way to another.
            let marks = body.indices.filter { body[$0] == 0x3A || body[$0] == 0x5B || body[$0] == 0x2C }
            guard !marks.isEmpty else { return Array(pick(values).utf8) }
            let mark = pick(marks)
            let end = body[(mark + 1)...].firstIndex { $0 == 0x2C || $0 == 0x7D || $0 == 0x5D } ?? body.endIndex
            return body[...mark] + Array(pick(values).utf8) + body[end...]
        }
    }

    /// A block that holds far more than it weighs; what it announces may be true.
    private mutating func makeBomb(_ request: inout HTTPRequest) {
        let type = pick(CompressionType.allCases)
        let count = pick([1 << 20, 10_485_760, 10_485_761, 12 << 20])
        request.body = SampleLogs.bomb(type, rawByteCount: count)
        request.headers.append("Content-Type", "application/x-protobuf")
        request.headers.append("x-log-compresstype", type.rawValue)
        request.headers.append(
            "x-log-bodyrawsize", pick(["\(count)", "14", "10485760", "2147483647", "9223372036854775807", "-1"]))
        request.target = "/logstores/app/shards/lb"
        request.method = "POST"
    }
}
