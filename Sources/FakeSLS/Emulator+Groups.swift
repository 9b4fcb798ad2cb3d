public import SLSProtocol

extension Emulator {
    /// Where the consumer groups of a logstore stand, in the order of their creation; between two turns.
    ///
    /// - Throws: `ProjectNotExist`, `LogStoreNotExist`.
    public func consumerGroups(of logstore: LogstoreName, in project: ProjectName) throws(APIError) -> [GroupStatus] {
        try services.groups.status(of: nil, in: LogstoreRef(project: project, name: logstore), now: clock.now)
    }

    /// Takes a consumer for silent, as if its timeout had run out this moment; between two turns.
    ///
    /// - Throws: `ConsumerNotExist` where it is not alive, `ConsumerGroupNotExist`, `LogStoreNotExist`, `ProjectNotExist`.
    public func expire(
        _ consumer: ConsumerName, of group: ConsumerGroupName, in logstore: LogstoreName, of project: ProjectName
    ) throws(APIError) {
        let now = clock.now
        try runAlone { () throws(APIError) in
            try services.groups.expire(
                consumer, of: group, in: LogstoreRef(project: project, name: logstore), now: now)
        }
    }
}
