internal import SLSProtocol

/// Every call the emulator knows, in one table.
enum APITable {
    static func entries(_ services: Services) -> [Router.Entry] {
        let listProject = ListProject(projects: services.projects)
        let endpoints: [any Endpoint] = [
            CreateProject(projects: services.projects),
            GetProject(projects: services.projects, list: listProject),
            listProject,
            UpdateProject(projects: services.projects),
            DeleteProject(projects: services.projects),
            DescribeRegions(projects: services.projects),

            CreateLogstore(logstores: services.logstores),
            GetLogstore(logstores: services.logstores),
            ListLogstores(logstores: services.logstores),
            UpdateLogstore(logstores: services.logstores),
            DeleteLogstore(logstores: services.logstores),

            ListShards(shards: services.shards),
            SplitShard(shards: services.shards),
            MergeShards(shards: services.shards),
            DeleteShard(shards: services.shards),

            PutLogs(logs: services.logs),
            PutMetrics(logs: services.logs),
            PutWebtracking(logs: services.logs),
            GetWebtracking(logs: services.logs),
            GetCursor(logs: services.logs),
            GetCursorTime(logs: services.logs),
            PullLogs(logs: services.logs),
            HeadLogs(logs: services.logs),
            GetDirectModeIP(),

            CreateConsumerGroup(groups: services.groups),
            UpdateConsumerGroup(groups: services.groups),
            DeleteConsumerGroup(groups: services.groups),
            ListConsumerGroup(groups: services.groups),
            HeartBeat(groups: services.groups),
            UpdateCheckPoint(groups: services.groups),
            GetCheckPoint(groups: services.groups),

            CreateIndex(indexes: services.indexes),
            GetIndex(indexes: services.indexes),
            UpdateIndex(indexes: services.indexes),
            DeleteIndex(indexes: services.indexes),
        ]
        return endpoints.map { $0.entry } + DocumentCalls(documents: services.documents).entries
            + MetricStoreCalls(logstores: services.logstores).entries
            + SettingCalls(documents: services.documents).entries + TagCalls(tags: services.tags).entries
            + RefusedCalls.entries
    }
}

extension Endpoint {
    /// The endpoint as a line of the router's table, under its type's name.
    fileprivate var entry: Router.Entry {
        Router.Entry(name: String(describing: Self.self), route: Self.route, writes: Self.writes, traffic: Self.traffic)
        {
            request throws(APIError) in try self.respond(to: request)
        }
    }
}
