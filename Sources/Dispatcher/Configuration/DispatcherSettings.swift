public import SLSClient
public import SLSConsumer
public import SLSProtocol

/// Everything that `sls-dispatch run` must know, checked.
public struct DispatcherSettings: Sendable {
    /// A logstore at an endpoint.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        /// Where the service is.
        public let endpoint: Endpoint
        /// The project.
        public let project: ProjectName
        /// The logstore.
        public let logstore: LogstoreName

        /// A logstore at an endpoint.
        public init(endpoint: Endpoint, project: ProjectName, logstore: LogstoreName) {
            self.endpoint = endpoint
            self.project = project
            self.logstore = logstore
        }

        /// `project/logstore`.
        public var description: String { "\(project)/\(logstore)" }
    }

    /// Who asks.
    public var credentials: Credentials
    /// Asked for each request in place of `credentials`, where they may be rotated; answers at once. Default nil.
    public var credentialsProvider: (@Sendable () -> Credentials)?
    /// Where log groups come from.
    public var source: Place
    /// Where they go; routes name them by index.
    public var targets: [Place]
    /// Which topic goes to which target.
    public var routes: RouteTable
    /// The consumer group.
    public var group: ConsumerGroupName
    /// T, in whole seconds, used only where the group is created. Default 30 s.
    public var groupTimeout = Duration.seconds(30)
    /// Where a shard without a checkpoint begins. Default `begin`.
    public var start = StartSetting(position: .begin, isFixed: true)
    /// What happens to a shard whose checkpoint has expired. Default `earliest`.
    public var gapPolicy = GapPolicy.earliest
    /// The consumer's name; nil for the first free slot of the default one.
    public var consumerName: String?
    /// A PEM file with the CAs to trust in place of the system's.
    public var certificateAuthorityFile: String?
    /// Requests under way from one shard to one target at a time. Default 8.
    public var putsInFlight = 8
    /// How often a log group may arrive, and what belongs to that.
    public var delivery = DeliverySettings()
    /// Pulled bytes held by all shards together. Default 256 MB.
    public var byteBudget = 256_000_000
    /// Pulled bytes held by one shard. Default 32 MB.
    public var byteBudgetPerShard = 32_000_000

    /// Settings with the defaults of everything else.
    public init(
        credentials: Credentials, source: Place, targets: [Place], routes: RouteTable, group: ConsumerGroupName
    ) {
        self.credentials = credentials
        self.source = source
        self.targets = targets
        self.routes = routes
        self.group = group
    }

    /// Every logstore that is written to, the dead letters last.
    var places: [Place] { targets + [delivery.deadLetter].compactMap(\.self) }

    /// What is asked for each request.
    var currentCredentials: @Sendable () -> Credentials {
        credentialsProvider ?? { [credentials] in credentials }
    }
}

/// Mistakes in the settings, all of them at once.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence each, naming the variable or option.
    public let mistakes: [String]

    /// An error with these mistakes.
    public init(mistakes: [String]) { self.mistakes = mistakes }

    /// A line per mistake.
    public var description: String { mistakes.joined(separator: "\n") }
}
