internal import EventHTTP
internal import FoundationEssentials
internal import SLSProtocol

/// A routed request: what an endpoint reads its arguments from.
struct APIRequest {
    /// The request as it came.
    let http: HTTPRequest
    /// Its target, taken apart.
    let target: RequestTarget
    /// The text in the project's place of the host name, not yet checked.
    let projectText: String?
    /// What the placeholders of the route stand for, percent-decoded.
    let pathValues: [String: String]
    /// When the turn began.
    let now: Moment

    /// The project the request is addressed to.
    ///
    /// - Throws: `MissingHost` where nothing could name it, `InvalidHost` when the host names none, `ProjectNotExist` when
    ///   no project could have that name.
    func project() throws(APIError) -> ProjectName {
        guard let projectText else {
            guard let host = (target.authority ?? http.headers["Host"]).nonEmpty else {
                throw APIError(.missingHost, "the header Host is missing")
            }
            throw APIError(.invalidHost, "the host name \"\(host.prefix(260))\" names no project")
        }
        do { return try ProjectName(projectText) } catch { throw .projectNotExist(projectText) }
    }

    /// The logstore in the path; whether it exists is the service's to say.
    func logstore() throws(APIError) -> LogstoreRef {
        let project = try project()
        let text = pathValues["logstore"] ?? ""
        do { return LogstoreRef(project: project, name: try LogstoreName(text)) } catch {
            throw .logstoreNotExist(text)
        }
    }

    /// The shard in the path.
    func shard() throws(APIError) -> ShardID {
        guard let text = pathValues["shard"], let number = Int(text), number >= 0 else {
            throw .parameterInvalid("invalid shard id.")
        }
        return ShardID(number)
    }

    /// The consumer group in the path. A name no group could have is one that does not exist.
    func consumerGroup() throws(APIError) -> ConsumerGroupName {
        let text = pathValues["group"] ?? ""
        do { return try ConsumerGroupName(text) } catch {
            throw APIError(.consumerGroupNotExist, "consumer group \(text.prefix(128)) does not exist")
        }
    }

    /// A parameter's text, nil when absent.
    func query(_ name: String) -> String? { target.value(name) }

    /// A parameter that the call cannot do without.
    func required(_ name: String) throws(APIError) -> String {
        guard let value = target.value(name) else {
            throw APIError(.missingParameter, "the parameter \(name) is missing")
        }
        return value
    }

    /// A whole number within bounds, or nil when the parameter is absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = target.value(name), !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .parameterInvalid(
                "the parameter \(name) is invalid: \"\(text.prefix(40))\" is no number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// The page of a list: `offset` counts from 0, `size` is at most 500.
    func page(defaultSize: Int) throws(APIError) -> Page {
        let offset = try integer("offset", in: 0...Int(Int32.max)) ?? 0
        return Page(offset: offset, size: try integer("size", in: 0...RequestLimits.pageSize) ?? defaultSize)
    }

    /// The body as JSON of this shape. Unknown members are passed over.
    ///
    /// - Parameter code: The refusal of a body that is none, or of another shape.
    func json<Body: Decodable>(
        _ type: Body.Type, orThrow code: APIError.Code = .parameterInvalid
    ) throws(APIError) -> Body {
        try APIRequest.decode(type, from: http.body, orThrow: code)
    }

    static func decode<Body: Decodable>(
        _ type: Body.Type, from bytes: [UInt8], orThrow code: APIError.Code
    ) throws(APIError) -> Body {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw APIError(code, "the body is not UTF-8") }
        guard JSONInput.isReadable(bytes) else { throw APIError(code, "the body is not JSON") }
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch let error as DecodingError {
            throw APIError(code, error.sentence)
        } catch {
            throw APIError(code, "the body is not JSON")
        }
    }
}

/// Which part of a list is asked for.
struct Page: Equatable, Sendable {
    /// How many items come before it.
    let offset: Int
    /// How many items it holds at most.
    let size: Int
}

extension DecodingError {
    /// What is wrong with the body, for the caller.
    fileprivate var sentence: String {
        switch self {
        case .keyNotFound(let key, _): "the body has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "the body's \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" is of another type"
        default: "the body is not JSON"
        }
    }
}
