internal import FoundationEssentials
internal import SLSProtocol

/// An answer with status 200 that is the service's, ready to be read as what the call expects.
struct CallResponse {
    let response: TransportResponse
    let requestID: String
    /// The body's beginning for error messages; nothing of a body that holds logs.
    private let excerpt: String

    /// Tells the service's answers from others', and refusals from successes.
    ///
    /// - Parameters:
    ///   - call: What was asked.
    ///   - redact: Takes secrets out of what the server says.
    /// - Throws: `.api`, or `.malformedResponse` for anything without request id or error body.
    init(_ response: TransportResponse, to call: APICall, redact: (String) -> String) throws(ClientError) {
        let isShown = !response.body.isEmpty && !(call == .pullLogs && response.status == 200)
        excerpt = isShown ? String(redact(printable(response.body)).prefix(200)) : ""
        self.response = response
        requestID = String((response["x-log-requestid"] ?? "").prefix(64))
        if requestID.isEmpty { throw malformed("no x-log-requestid, so it does not come from the log service") }
        if response.status == 200 { return }
        guard response.status >= 400 else { throw malformed("the log service answers with 200 or an error") }
        // Why it does not decode says no more than the excerpt.
        guard let error = try? Self.decode(ErrorBody.self, from: response.body) else {
            throw malformed("no errorCode and errorMessage")
        }
        let message = redact(printable(Array(error.errorMessage.utf8))).prefix(1000)
        throw .api(
            APIError(
                APIError.Code(rawValue: String(error.errorCode.prefix(100))), String(message), status: response.status),
            requestID: requestID)
    }

    /// Reads the body as JSON.
    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(ClientError) -> Value {
        do {
            return try Self.decode(type, from: response.body)
        } catch {
            throw malformed("not the JSON of a \(type)")
        }
    }

    private struct UnreadableJSON: Error {}

    private static func decode<Value: Decodable>(_ type: Value.Type, from body: [UInt8]) throws -> Value {
        guard JSONInput.isReadable(body) else { throw UnreadableJSON() }
        return try JSONDecoder().decode(type, from: Data(body))
    }

    func malformed(_ reason: String) -> ClientError {
        .malformedResponse(
            reason: reason, status: response.status, excerpt: excerpt, requestID: requestID.isEmpty ? nil : requestID)
    }

    /// A header that must be a whole number, not negative.
    func number(_ header: String) throws(ClientError) -> Int {
        guard let number = try numberIfPresent(header) else { throw malformed("no \(header)") }
        return number
    }

    /// A header that, if it is there, must be a whole number, not negative.
    func numberIfPresent(_ header: String) throws(ClientError) -> Int? {
        guard let text = response[header] else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw malformed("\(header) is \(text.prefix(40).debugDescription)")
        }
        return number
    }
}

/// The beginning of a text from outside, fit for a log line: nothing unprintable, and more than is ever shown, so that
/// secrets are whole when they are looked for.
private func printable(_ text: [UInt8]) -> String {
    String(
        String(decoding: text.prefix(4000), as: UTF8.self).unicodeScalars
            .map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
}
