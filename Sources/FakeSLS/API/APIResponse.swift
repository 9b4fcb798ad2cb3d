internal import FoundationEssentials
internal import SLSProtocol

/// What an endpoint answers, before the headers that every answer carries. The status is 200: the SDKs take no other.
struct APIResponse {
    /// Headers of this call, lower-case as the C and C++ SDKs want them.
    var headers: [(name: String, value: String)] = []
    var contentType = "application/json"
    var body: [UInt8] = []

    /// For calls that return nothing.
    static let empty = APIResponse()

    /// A JSON body.
    static func json(_ value: some Encodable) throws(APIError) -> APIResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return APIResponse(body: Array(try encoder.encode(value))) } catch {
            throw APIError(.internalServerError, "the answer could not be written as JSON")
        }
    }
}
