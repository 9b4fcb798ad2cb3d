// The names say what the codes mean; what leads to each stands in docs/compatibility.md.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension APIError.Code {
    // Addressing, transport and body.
    public static let badRequest: Self = "BadRequest"
    public static let missingHost: Self = "MissingHost"
    public static let invalidHost: Self = "InvalidHost"
    public static let invalidMethod: Self = "InvalidMethod"
    public static let missingContentLength: Self = "MissingContentLength"
    public static let missingContentType: Self = "MissingContentType"
    public static let invalidContentType: Self = "InvalidContentType"
    public static let missingBodyRawSize: Self = "MissingBodyRawSize"
    public static let invalidBodyRawSize: Self = "InvalidBodyRawSize"
    public static let invalidCompressType: Self = "InvalidCompressType"
    public static let invalidAcceptEncoding: Self = "InvalidAcceptEncoding"
    public static let postBodyUncompressError: Self = "PostBodyUncompressError"
    public static let postBodyInvalid: Self = "PostBodyInvalid"
    public static let invalidKey: Self = "InvalidKey"
    public static let postBodyTooLarge: Self = "PostBodyTooLarge"
    public static let requestTimeout: Self = "RequestTimeout"
    public static let internalServerError: Self = "InternalServerError"
    public static let serverBusy: Self = "ServerBusy"
    public static let notSupported: Self = "NotSupported"
    public static let notFound: Self = "NotFound"

    // Who asks.
    public static let unauthorized: Self = "Unauthorized"
    public static let missAccessKeyID: Self = "MissAccessKeyId"
    public static let missingAPIVersion: Self = "MissingAPIVersion"
    public static let invalidAPIVersion: Self = "InvalidAPIVersion"
    public static let missingDate: Self = "MissingDate"
    public static let invalidRequestTime: Self = "InvalidRequestTime"
    public static let requestTimeExpired: Self = "RequestTimeExpired"
    public static let missingSignatureMethod: Self = "MissingSignatureMethod"
    public static let invalidSignatureMethod: Self = "InvalidSignatureMethod"
    public static let signatureNotMatch: Self = "SignatureNotMatch"
    public static let projectForbidden: Self = "ProjectForbidden"

    // Parameters.
    public static let parameterInvalid: Self = "ParameterInvalid"
    public static let invalidParameter: Self = "InvalidParameter"
    public static let missingParameter: Self = "MissingParameter"
    public static let jsonInfoInvalid: Self = "JsonInfoInvalid"

    // Projects, logstores, indexes, shards, cursors.
    public static let projectAlreadyExist: Self = "ProjectAlreadyExist"
    public static let projectNotExist: Self = "ProjectNotExist"
    public static let projectQuotaExceed: Self = "ProjectQuotaExceed"
    public static let logStoreAlreadyExist: Self = "LogStoreAlreadyExist"
    public static let logStoreNotExist: Self = "LogStoreNotExist"
    public static let logStoreInfoInvalid: Self = "LogStoreInfoInvalid"
    public static let logStoreWithoutShard: Self = "LogStoreWithoutShard"
    public static let indexAlreadyExist: Self = "IndexAlreadyExist"
    public static let indexConfigNotExist: Self = "IndexConfigNotExist"
    public static let indexInfoInvalid: Self = "IndexInfoInvalid"
    public static let shardNotExist: Self = "ShardNotExist"
    public static let invalidCursor: Self = "InvalidCursor"
    public static let invalidSequenceID: Self = "InvalidSequenceId"

    // Settings.
    public static let loggingAlreadyExist: Self = "LoggingAlreadyExist"
    public static let loggingNotExist: Self = "LoggingNotExist"

    // Consumer groups.
    public static let consumerGroupAlreadyExist: Self = "ConsumerGroupAlreadyExist"
    public static let consumerGroupNotExist: Self = "ConsumerGroupNotExist"
    public static let consumerGroupQuotaExceed: Self = "ConsumerGroupQuotaExceed"
    public static let notExistConsumerWithBody: Self = "NotExistConsumerWithBody"
    public static let consumerNotExist: Self = "ConsumerNotExist"
    public static let consumerNotMatch: Self = "ConsumerNotMatch"
    public static let invalidShardCheckPoint: Self = "InvalidShardCheckPoint"

    // Quotas.
    public static let exceedQuota: Self = "ExceedQuota"
    public static let writeQuotaExceed: Self = "WriteQuotaExceed"
    public static let readQuotaExceed: Self = "ReadQuotaExceed"
    public static let shardWriteQuotaExceed: Self = "ShardWriteQuotaExceed"
    public static let shardReadQuotaExceed: Self = "ShardReadQuotaExceed"
    public static let metaOperationQpsLimitExceeded: Self = "MetaOperationQpsLimitExceeded"

    /// The status that goes with this code; 400 for codes that name none.
    ///
    /// `ShardNotExist` is 400 here; the checkpoint calls give it 404. Statuses of `ConsumerGroupQuotaExceed`,
    /// `ConsumerNotMatch` and `InvalidSequenceId` are assumed.
    public var status: Int { Self.statuses[self] ?? 400 }

    private static let statuses: [APIError.Code: Int] = [
        .unauthorized: 401, .signatureNotMatch: 401,
        .projectForbidden: 403, .writeQuotaExceed: 403, .readQuotaExceed: 403, .shardWriteQuotaExceed: 403,
        .shardReadQuotaExceed: 403, .metaOperationQpsLimitExceeded: 403,
        .notFound: 404, .projectNotExist: 404, .logStoreNotExist: 404, .consumerGroupNotExist: 404,
        .consumerNotExist: 404, .loggingNotExist: 404,
        .invalidMethod: 405, .missingContentLength: 411, .postBodyTooLarge: 413, .invalidContentType: 415,
        .internalServerError: 500, .requestTimeout: 500, .serverBusy: 503,
    ]
}

/// Refusals that more than one place makes.
extension APIError {
    /// A parameter, header or JSON value is wrong.
    public static func parameterInvalid(_ message: String) -> APIError { APIError(.parameterInvalid, message) }

    /// No such project.
    public static func projectNotExist(_ project: String) -> APIError {
        APIError(.projectNotExist, "The Project does not exist: \(project)")
    }

    /// No such logstore in the project.
    public static func logstoreNotExist(_ logstore: String) -> APIError {
        APIError(.logStoreNotExist, "logstore \(logstore) does not exist")
    }

    /// No such shard; the checkpoint calls answer 404, cursor and pull calls 400.
    public static func shardNotExist(_ shard: ShardID, status: Int = 400) -> APIError {
        APIError(.shardNotExist, "shard \(shard) does not exist", status: status)
    }

    /// No such consumer group in the logstore.
    public static func consumerGroupNotExist(_ group: ConsumerGroupName) -> APIError {
        APIError(.consumerGroupNotExist, "consumer group \(group) does not exist")
    }

    /// The group's name is taken in this logstore.
    public static func consumerGroupAlreadyExist(_ group: ConsumerGroupName) -> APIError {
        APIError(.consumerGroupAlreadyExist, "consumer group \(group) already exists")
    }

    /// The logstore has as many consumer groups as it may have.
    public static func consumerGroupQuotaExceed(logstore: LogstoreName, limit: Int) -> APIError {
        APIError(
            .consumerGroupQuotaExceed, "consumer group quota exceeded: logstore \"\(logstore)\" already has \(limit)")
    }

    /// The call is a known one that this server does not offer.
    public static func notSupported(_ call: String) -> APIError {
        APIError(.notSupported, "\(call) is not emulated by fake-sls; see docs/compatibility.md")
    }
}
