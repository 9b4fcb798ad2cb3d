/// The JSON of the control calls, as both sides read and write it; property names not spelled like the wire have their
/// keys below them.
///
/// Source: aliyun-log-go-sdk `model.go`, aliyun-log-python-sdk `*_response.py`; API reference, pages of each call.

/// `{"errorCode","errorMessage"}`: the body of every refusal.
public struct ErrorBody: Codable, Sendable {
    /// What the error is.
    public var errorCode: String
    /// A sentence for a person.
    public var errorMessage: String

    /// A refusal's body.
    public init(errorCode: String, errorMessage: String) {
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }
}

/// The answer of GetCursor.
public struct CursorAnswer: Codable, Sendable {
    /// An encoded cursor.
    public var cursor: String
    /// The answer for a cursor.
    public init(cursor: String) { self.cursor = cursor }
}

/// The answer of GetCursorTime.
public struct CursorTimeAnswer: Codable, Sendable {
    /// Receive time of the log group behind the cursor, unix seconds.
    public var cursorTime: Int
    /// The answer for a time.
    public init(cursorTime: Int) { self.cursorTime = cursorTime }

    enum CodingKeys: String, CodingKey { case cursorTime = "cursor_time" }
}

/// A shard, as ListShards, SplitShard and MergeShards show it.
public struct ShardDescription: Codable, Hashable, Sendable {
    /// Whether it can be written.
    public enum Status: String, Codable, Sendable { case readwrite, readonly }

    /// The shard's number.
    public var id: Int
    /// `readonly` after a split or merge.
    public var status: Status
    /// 32 hexadecimal digits; part of the shard.
    public var inclusiveBeginKey: String
    /// 32 hexadecimal digits; not part of the shard, but for the last one's `ff…f`.
    public var exclusiveEndKey: String
    /// Unix seconds.
    public var createTime: Int

    /// A shard of these properties.
    public init(id: Int, status: Status, inclusiveBeginKey: String, exclusiveEndKey: String, createTime: Int) {
        self.id = id
        self.status = status
        self.inclusiveBeginKey = inclusiveBeginKey
        self.exclusiveEndKey = exclusiveEndKey
        self.createTime = createTime
    }

    enum CodingKeys: String, CodingKey {
        case id = "shardID"
        case status, inclusiveBeginKey, exclusiveEndKey, createTime
    }
}

/// The body of CreateConsumerGroup.
public struct ConsumerGroupCreation: Codable, Sendable {
    /// The group's name.
    public var consumerGroup: String
    /// Seconds of silence after which a consumer counts as gone.
    public var timeout: Int
    /// Whether children of a split wait for their parent; false when absent.
    public var order: Bool?

    /// A group of these properties.
    public init(consumerGroup: String, timeout: Int, order: Bool?) {
        self.consumerGroup = consumerGroup
        self.timeout = timeout
        self.order = order
    }
}

/// The body of UpdateConsumerGroup: at least one of the two.
public struct ConsumerGroupUpdate: Codable, Sendable {
    /// As in the creation.
    public var timeout: Int?
    /// As in the creation.
    public var order: Bool?

    /// A change of these properties.
    public init(timeout: Int?, order: Bool?) {
        self.timeout = timeout
        self.order = order
    }
}

/// A consumer group, as ListConsumerGroup shows it.
public struct ConsumerGroupDescription: Codable, Hashable, Sendable {
    /// The group's name.
    public var name: String
    /// Seconds of silence after which a consumer counts as gone.
    public var timeout: Int
    /// Whether children of a split wait for their parent.
    public var order: Bool

    /// A group of these properties.
    public init(name: String, timeout: Int, order: Bool) {
        self.name = name
        self.timeout = timeout
        self.order = order
    }
}

/// The body of UpdateCheckPoint.
public struct CheckpointUpdate: Codable, Sendable {
    /// The shard's number.
    public var shard: Int
    /// An encoded cursor.
    public var checkpoint: String

    /// A checkpoint to save.
    public init(shard: Int, checkpoint: String) {
        self.shard = shard
        self.checkpoint = checkpoint
    }
}

/// One shard's checkpoint, as GetCheckPoint shows it: every existing shard has one, if only an empty one.
public struct CheckpointDescription: Codable, Hashable, Sendable {
    /// The shard's number.
    public var shard: Int
    /// An encoded cursor, or "" when nothing was ever saved.
    public var checkpoint: String
    /// Microseconds since 1970, 0 when nothing was ever saved.
    public var updateTime: Int
    /// The present holder, else who saved last, else "".
    public var consumer: String

    /// A checkpoint of these properties.
    public init(shard: Int, checkpoint: String, updateTime: Int, consumer: String) {
        self.shard = shard
        self.checkpoint = checkpoint
        self.updateTime = updateTime
        self.consumer = consumer
    }
}
