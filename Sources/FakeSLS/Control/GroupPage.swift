internal import SLSProtocol

/// `GET /_fake/groups?project=&logstore=[&group=]`: where the consumer groups of a logstore stand.
struct GroupPage {
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = LogstoreRef(
            project: try ProjectName(try request.required("project")),
            name: try LogstoreName(try request.required("logstore")))
        let group = try request.query("group").nonEmpty.map { text throws(APIError) in try ConsumerGroupName(text) }
        return try .json(["groups": try groups.status(of: group, in: logstore, now: request.now)])
    }
}
