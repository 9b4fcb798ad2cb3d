public import SLSProtocol

extension SLSClient {
    /// Creates this client's project.
    ///
    /// - Throws: `ProjectAlreadyExist`, `ProjectQuotaExceed`.
    public func createProject(description: String = "") async throws(ClientError) {
        let body = ProjectCreation(projectName: project.value, description: description)
        _ = try await perform(
            CallRequest(call: .createProject, method: "POST", path: "/", content: .json(encoding: body)))
    }

    /// This client's project.
    ///
    /// - Throws: `ProjectNotExist`.
    public func getProject() async throws(ClientError) -> ProjectDescription {
        try await perform(CallRequest(call: .getProject, method: "GET", path: "/")).json()
    }

    /// One page of the account's projects; asked of the service's own host.
    ///
    /// - Parameter size: 1 to 500.
    public func listProjects(offset: Int = 0, size: Int = 100) async throws(ClientError) -> ProjectList {
        try await perform(
            CallRequest(
                call: .listProjects, method: "GET", path: "/", query: [("offset", "\(offset)"), ("size", "\(size)")],
                isWithoutProject: true)
        ).json()
    }

    /// Deletes this client's project with all its logstores.
    ///
    /// - Throws: `ProjectNotExist`.
    public func deleteProject() async throws(ClientError) {
        _ = try await perform(CallRequest(call: .deleteProject, method: "DELETE", path: "/"))
    }
}
