internal import EventHTTP
internal import FoundationEssentials
internal import SLSProtocol

extension HTTPReply {
    /// What the client gets to see of an answer.
    init(_ response: HTTPResponse, struckBy fault: Fault?) {
        self =
            switch fault {
            case .delayRequest(let delay): .handOutLater(after: delay)
            case .delayAnswer(let delay): .answerLater(response, after: delay)
            case .dropRequest, .dropAnswer: .reset
            case .hang: .silence
            case .refuse, .repeatRequest, .holdCommit, nil: .answer(response)
            }
    }
}

extension FaultSubject {
    /// What a request is about, before anything of it was checked.
    init(_ request: APIRequest, _ entry: Router.Entry) {
        var shard = request.pathValues["shard"] ?? request.query("shard")
        if entry.name == CallName.updateCheckPoint.rawValue {
            // A body that is none has no shard.
            shard = (try? request.json(CheckpointUpdate.self)).map { "\($0.shard)" }
        }
        self.init(
            call: CallName(rawValue: entry.name), project: request.projectText,
            logstore: request.pathValues["logstore"], shard: shard.flatMap { Int($0) },
            consumer: request.query("consumer"))
    }
}
