internal import EventHTTP
internal import FoundationEssentials
internal import SLSProtocol

/// The five calls of each family of documents, and those of machine groups and their configs.
///
/// Source: protocol.md 6.7; aliyun-log-python-sdk, logclient.py; alibabacloud_sls20201230 for the paths of jobs.
struct DocumentCalls {
    let documents: DocumentService

    var entries: [Router.Entry] { DocumentFamily.all.flatMap { calls(of: $0) } + machineGroupCalls }

    private func calls(of family: DocumentFamily) -> [Router.Entry] {
        let one = family.path + "/{name}"
        return [
            Router.Entry(name: "Create\(family.noun)", route: Route(.post, family.path), writes: true) {
                request throws(APIError) in
                try documents.create(
                    try request.document(orThrow: family.invalid), in: family, of: try request.owner(family.scope),
                    now: request.now)
                return .empty
            },
            Router.Entry(name: "Get\(family.noun)", route: Route(.get, one), writes: false) {
                request throws(APIError) in
                try .json(try documents.get(request.name, in: family, of: try request.owner(family.scope)))
            },
            Router.Entry(name: "List\(family.noun)", route: Route(.get, family.path), writes: false) {
                request throws(APIError) in
                try .json(
                    try documents.list(
                        family, of: try request.owner(family.scope), page: try request.page(defaultSize: 100),
                        wanted: request.query))
            },
            Router.Entry(name: "Update\(family.noun)", route: Route(.put, one), writes: true) {
                request throws(APIError) in
                try documents.update(
                    request.name, with: try change(request, family), in: family, of: try request.owner(family.scope),
                    now: request.now)
                return .empty
            },
            Router.Entry(name: "Delete\(family.noun)", route: Route(.delete, one), writes: true) {
                request throws(APIError) in
                try documents.delete(request.name, in: family, of: try request.owner(family.scope))
                return .empty
            },
        ]
    }

    /// What a `PUT` changes: the body's members, and the state that `?action=` names. `RESTART` comes with a body: that is
    /// how Python's `restart_ingestion` and `update_export` change a job.
    private func change(_ request: APIRequest, _ family: DocumentFamily) throws(APIError) -> JSONObject {
        guard let action = request.query("action").nonEmpty else {
            return try request.document(orThrow: family.invalid)
        }
        var change = request.http.body.isEmpty ? JSONObject() : try request.document(orThrow: family.invalid)
        switch action.lowercased() {
        case "enable":
            change.set("status", "ENABLED")
            change.set("state", "Enabled")
        case "disable":
            change.set("status", "DISABLED")
            change.set("state", "Disabled")
        case "start", "restart": change.set("status", "RUNNING")
        case "stop": change.set("status", "STOPPED")
        default: throw .parameterInvalid("the parameter action is invalid: \"\(action.prefix(40))\"")
        }
        return change
    }

    // MARK: Machine groups

    private var machineGroupCalls: [Router.Entry] {
        [
            Router.Entry(name: "ListMachines", route: Route(.get, "/machinegroups/{name}/machines"), writes: false) {
                request throws(APIError) in try .json(try machines(request))
            },
            Router.Entry(
                name: "UpdateMachineGroupMachine", route: Route(.put, "/machinegroups/{name}/machines"), writes: true
            ) { request throws(APIError) in
                try updateMachines(request)
                return .empty
            },
            Router.Entry(
                name: "GetMachineGroupAppliedConfigs", route: Route(.get, "/machinegroups/{name}/configs"),
                writes: false
            ) { request throws(APIError) in
                let names = try documents.configs(onMachineGroup: request.name, of: try request.project())
                return try .json(Self.list("configs", names))
            },
            Router.Entry(
                name: "GetConfigAppliedMachineGroups", route: Route(.get, "/configs/{name}/machinegroups"),
                writes: false
            ) { request throws(APIError) in
                let names = try documents.machineGroups(withConfig: request.name, of: try request.project())
                return try .json(Self.list("machinegroups", names))
            },
            Router.Entry(
                name: "ApplyConfigToMachineGroup", route: Route(.put, "/machinegroups/{name}/configs/{config}"),
                writes: true
            ) { request throws(APIError) in
                try documents.apply(
                    config: request.pathValues["config"] ?? "", to: request.name, of: try request.project(),
                    now: request.now)
                return .empty
            },
            Router.Entry(
                name: "RemoveConfigFromMachineGroup", route: Route(.delete, "/machinegroups/{name}/configs/{config}"),
                writes: true
            ) { request throws(APIError) in
                try documents.remove(
                    config: request.pathValues["config"] ?? "", from: request.name, of: try request.project())
                return .empty
            },
        ]
    }

    /// The machines that a group names; none ever sends a heartbeat here.
    private func machines(_ request: APIRequest) throws(APIError) -> JSONObject {
        let group = try documents.get(request.name, in: .machineGroups, of: .project(try request.project()))
        let page = try request.page(defaultSize: 100)
        let all = try Self.machineList(of: group)
        let isIP = group.text("machineIdentifyType") != "userdefined"
        let shown = all.dropFirst(page.offset).prefix(page.size).map { machine in
            var entry = JSONObject()
            entry.set("ip", isIP ? machine : "")
            entry.set("machine-uniqueid", "")
            entry.set("userdefined-id", isIP ? "" : machine)
            entry.set("lastHeartbeatTime", 0)
            return entry.bytes
        }
        var answer = JSONObject()
        answer.set("count", shown.count)
        answer.set("total", all.count)
        answer.set("machines", DocumentService.array(shown))
        return answer
    }

    private func updateMachines(_ request: APIRequest) throws(APIError) {
        let owner = DocumentService.Owner.project(try request.project())
        let named = try request.json([String].self, orThrow: .invalidParameter)
        let group = try documents.get(request.name, in: .machineGroups, of: owner)
        var machines = try Self.machineList(of: group).filter { !named.contains($0) }
        switch try request.required("action").lowercased() {
        case "add": machines += named
        case "delete": break
        default: throw .parameterInvalid("the parameter action is invalid: expected add or delete")
        }
        var change = JSONObject()
        change.set("machineList", DocumentService.array(machines.map { JSONObject.quoted($0) }))
        try documents.update(request.name, with: change, in: .machineGroups, of: owner, now: request.now)
    }

    private static func machineList(of group: JSONObject) throws(APIError) -> [String] {
        guard let list = group["machineList"] else { return [] }
        return try APIRequest.decode([String].self, from: list, orThrow: .invalidParameter)
    }

    private static func list(_ key: String, _ names: [String]) -> JSONObject {
        var answer = JSONObject()
        answer.set("count", names.count)
        answer.set(key, DocumentService.array(names.map { JSONObject.quoted($0) }))
        return answer
    }
}

extension APIRequest {
    /// The document's name in the path.
    var name: String { pathValues["name"] ?? "" }

    /// Whose documents of that scope the request means.
    func owner(_ scope: DocumentFamily.Scope) throws(APIError) -> DocumentService.Owner {
        switch scope {
        case .account: .account
        case .project: .project(try project())
        case .logstore: .logstore(try logstore())
        }
    }

    /// The body as a JSON object, kept as it came.
    func document(orThrow code: APIError.Code = .parameterInvalid) throws(APIError) -> JSONObject {
        guard let document = JSONObject(http.body) else { throw APIError(code, "the body is no JSON object") }
        return document
    }
}

extension APIResponse {
    /// A JSON object.
    static func json(_ object: JSONObject) throws(APIError) -> APIResponse { APIResponse(body: object.bytes) }
}
