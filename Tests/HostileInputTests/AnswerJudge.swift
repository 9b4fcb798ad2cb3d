import EventHTTP
import Foundation
import SLSProtocol

/// What every answer of the emulator must be, whatever was asked.
enum AnswerJudge {
    /// The statuses of the service's errors, less those that say that the server is at fault.
    static let refusals: Set<Int> = [400, 401, 403, 404, 405, 411, 413, 415]
    /// A pull's budget, and one log group of the longest kind beyond it.
    private static let bodyByteLimit = 22 << 20

    /// What is wrong with an answer; nil if nothing is.
    static func fault(_ answer: HTTPResponse) -> String? {
        guard answer.status == 200 || refusals.contains(answer.status) else { return "status \(answer.status)" }
        for (name, value) in answer.headers where (name + value).utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "a control character in the header \(name)"
        }
        let ids = answer.headers.all("x-log-requestid")
        guard ids.count == 1, ids[0].utf8.count == 24, ids[0].allSatisfy(\.isHexDigit) else {
            return "request ids \(ids)"
        }
        guard answer.body.count <= bodyByteLimit else { return "a body of \(answer.body.count) bytes" }
        if answer.status != 200 { return refusalFault(answer) }
        if answer.headers["x-log-cursor"] != nil { return pullFault(answer) }
        guard answer.headers["Content-Type"] == "application/json", !answer.body.isEmpty else { return nil }
        return isJSON(answer.body) ? nil : "a body that is no JSON: \(excerpt(answer.body))"
    }

    /// Whether Foundation reads it, which refuses numbers beyond a `Double` though they are JSON.
    static func isJSON(_ bytes: [UInt8]) -> Bool {
        if (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil { return true }
        return bytes.indices.contains { index in
            guard bytes[index] == UInt8(ascii: "e") || bytes[index] == UInt8(ascii: "E") else { return false }
            let exponent = bytes[(index + 1)...].drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            return exponent.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count >= 3
        }
    }

    private static func refusalFault(_ answer: HTTPResponse) -> String? {
        guard answer.headers["Content-Type"] == "application/json" else { return "a refusal that is not JSON" }
        guard String(validating: answer.body, as: UTF8.self) != nil,
            let error = try? JSONDecoder().decode(ErrorBody.self, from: Data(answer.body)),
            !error.errorCode.isEmpty, !error.errorMessage.isEmpty
        else { return "a refusal without code and message: \(excerpt(answer.body))" }
        guard error.errorCode.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "the code \(error.errorCode)" }
        // A refusal may quote what was sent, but not all of it.
        return error.errorMessage.utf8.count <= 70_000 ? nil : "a message of \(error.errorMessage.utf8.count) bytes"
    }

    /// A pull's headers against its body.
    private static func pullFault(_ answer: HTTPResponse) -> String? {
        func number(_ name: String) -> Int { answer.headers[name].flatMap { Int($0) } ?? -1 }
        do {
            var list = answer.body
            if let name = answer.headers["x-log-compresstype"], let type = CompressionType(rawValue: name) {
                list = try Compression.decompress(list, as: type, rawByteCount: number("x-log-bodyrawsize"))
            }
            guard list.count == number("x-log-bodyrawsize") else { return "\(list.count) bytes in a pull" }
            let groups = try LogGroupScanner.groups(inList: list)
            guard groups.count == number("x-log-count") else { return "\(groups.count) groups in a pull" }
        } catch { return "a pull that cannot be read: \(error)" }
        return nil
    }

    /// The beginning of some bytes, readable.
    static func excerpt(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(300), as: UTF8.self).debugDescription
    }
}
