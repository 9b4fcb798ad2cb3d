public import Logging
public import SLSProtocol

/// How an emulator behaves; every property has a default.
public struct EmulatorConfiguration: Sendable {
    /// How far signatures are verified.
    public enum Authentication: String, CaseIterable, Sendable {
        /// Not at all.
        case off
        /// Known keys are verified; unknown keys, and requests without one, are let through with one warning each.
        case lenient
        /// Every request, and the clock it was signed with.
        case strict
    }

    /// Where the data lives: a folder that exists, or nil for memory, which is gone with the emulator.
    public var dataFolder: String?
    /// The secrets by access key. Default: `fake-id` with `fake-secret`.
    public var accessKeys = ["fake-id": "fake-secret"]
    /// Default: lenient.
    public var authentication = Authentication.lenient
    /// Default: relaxed.
    public var limits = Limits.relaxed
    /// How writes are judged. Default: every switch off.
    public var writes = WriteRules()
    /// How consumer groups behave where the service's own way is unpublished. Default: what the evidence makes likely.
    public var groups = GroupRules()
    /// Both, as a `--rules` file and the page `/_fake/rules` name them.
    public var rules: Rules {
        get { Rules(writes: writes, groups: groups) }
        set { (writes, groups) = (newValue.writes, newValue.groups) }
    }
    /// Domains directly below which projects stand, besides the service's own and `localhost`. Default: none.
    public var baseDomains: [String] = []
    /// Hosts that stand for one project each, such as custom domains (CNAME). Default: none.
    public var domains: [String: ProjectName] = [:]
    /// The region that projects say they live in. Default: `cn-hangzhou`.
    public var region = "cn-hangzhou"
    /// What is made at start where it does not exist yet, in this order. Default: nothing.
    public var stores: [InitialProject] = []
    /// The certificate that `/_fake/ca.pem` gives out, PEM; nil answers 404 there.
    public var authorityCertificate: [UInt8]?
    /// The text that `/_fake/metrics` gives out; nil answers 404 there. Called on the loop thread.
    public var metricsText: (@Sendable () -> String)?
    /// Whether the pages below `/_fake/` that change what clients see answer: faults, the clock, expiring consumers. They
    /// ask for no signature. Default: false; `EmulatorControl` works all the same.
    public var servesControl = false
    /// Called on the loop thread when a commit is held, before the wait: tells whoever is to kill the process just then.
    public var commitHeld: (@Sendable () -> Void)?
    /// Where the emulator says what it does. Default: the label `fake-sls` on whatever `LoggingSystem` is set to.
    public var logger = Logger(label: "fake-sls")

    /// Pages of 16 KiB that the store may grow to, for tests of a full disk; nil for no limit.
    var storePageLimit: Int?

    /// The defaults: in memory, lenient, relaxed, empty.
    public init() {}
}

/// A project to make at start.
public struct InitialProject: Equatable, Sendable {
    /// The project's name.
    public var name: ProjectName
    /// Free text.
    public var description: String
    /// What is in it.
    public var logstores: [InitialLogstore]

    /// A project of these properties.
    public init(name: ProjectName, description: String = "", logstores: [InitialLogstore] = []) {
        self.name = name
        self.description = description
        self.logstores = logstores
    }
}

/// A logstore to make at start.
public struct InitialLogstore: Equatable, Sendable {
    /// The logstore's name.
    public var name: LogstoreName
    /// 1 and up. Default 2.
    public var shardCount: Int
    /// How long data is kept, 1 to 3650 days; 3650 means for ever. Default 30.
    public var ttlDays: Int

    /// A logstore of these properties.
    public init(name: LogstoreName, shardCount: Int = 2, ttlDays: Int = 30) {
        self.name = name
        self.shardCount = shardCount
        self.ttlDays = ttlDays
    }
}
