internal import FoundationEssentials
internal import SLSProtocol

/// An answer with status 200 that is the service's, ready to be read as what the call expects.
struct CallResponse {
    let response: TransportResponse
    let requestID: String

    /// Tells the service's answers from others', and refusals from successes.
    ///
    /// - Parameter redact: Takes secrets out of what the server says.
    /// - Throws: `.api`, or `.malformedResponse` for anything without request id or error body.
    init(_ response: TransportResponse, redact: (String) -> String) throws(ClientError) {
        func malformed(_ reason: String) -> ClientError {
            .malformedResponse(
                reason: reason, status: response.status, excerpt: redact(excerpt(of: response.body)),
                requestID: response["x-log-requestid"])
        }
        guard let id = response["x-log-requestid"], !id.isEmpty else {
            throw malformed("no x-log-requestid, so it does not come from the log service")
        }
        self.response = response
        requestID = String(id.prefix(64))
        if response.status == 200 { return }
        guard response.status >= 400 else { throw malformed("the log service answers with 200 or an error") }
        guard let error = try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body)) else {
            // Why it does not decode says no more than the excerpt.
            throw malformed("no errorCode and errorMessage")
        }
        throw .api(
            APIError(
                APIError.Code(rawValue: redact(String(error.errorCode.prefix(100)))),
                redact(String(error.errorMessage.prefix(1000))), status: response.status),
            requestID: requestID)
    }

    /// Reads the body as JSON.
    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(ClientError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw malformed("not the JSON of a \(type)")
        }
    }

    func malformed(_ reason: String) -> ClientError {
        .malformedResponse(
            reason: reason, status: response.status, excerpt: excerpt(of: response.body), requestID: requestID)
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

/// The beginning of a body, fit for a log line: at most 200 bytes, nothing unprintable.
private func excerpt(of body: [UInt8]) -> String {
    String(
        String(decoding: body.prefix(200), as: UTF8.self).unicodeScalars
            .map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
}
