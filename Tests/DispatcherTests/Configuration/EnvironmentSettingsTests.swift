import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

@Suite struct EnvironmentSettingsTests {
    private static let complete = [
        "SLS_ENDPOINT": "https://cn-hangzhou.log.aliyuncs.com/", "SLS_AK_ID": "id", "SLS_AK_KEY": "key",
        "SLS_PROJECT": "demo", "SLS_LOGSTORE": "all", "SLS_CG": "dispatch", "SLS_LOGSTORE_TO1": "to1",
        "SLS_LOGSTORE_TO2": "to2", "SLS_LOGSTORE_TO3": "to3",
    ]

    private func settings(_ changes: [String: String] = [:]) throws(SettingsError) -> DispatcherSettings {
        try DispatcherSettings(
            environment: Self.complete.merging(changes) { $1 }, now: Timestamp(seconds: 1_700_000_000))
    }

    private func mistakes(_ changes: [String: String]) -> [String] {
        do throws(SettingsError) {
            _ = try settings(changes)
            return []
        } catch {
            return error.mistakes
        }
    }

    @Test func `the article's variables make three routes at the source's own project`() throws {
        let settings = try settings()
        #expect(settings.targets.map(\.description) == ["demo/to1", "demo/to2", "demo/to3"])
        #expect(settings.routes.routes.map(\.topic) == ["ngnix", "sql_audit", "click"])
        #expect(settings.routes.routes.map(\.target) == [0, 1, 2])
        #expect(settings.source.description == "demo/all")
        #expect(settings.targets.allSatisfy { $0.endpoint == settings.source.endpoint })
        #expect(settings.groupTimeout == .seconds(30))
        #expect(settings.start == StartSetting(position: .begin, isFixed: true))
    }

    @Test(arguments: DeliveryMode.allCases) func `X14 a query on the pull is refused, with the reason`(
        mode: DeliveryMode
    ) {
        let found = mistakes(["SLS_QUERY": "* | where level = 'error'", "SLS_DELIVERY": mode.rawValue])
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("SLS_QUERY: ") && $0.contains("SLS_ROUTES") })
        #expect(found.first?.contains("which log group has which cursor") == mode.isExact)
    }

    @Test func `another endpoint and project for the targets`() throws {
        let settings = try settings([
            "SLS_ENDPOINT_TO": "cn-shanghai.log.aliyuncs.com", "SLS_PROJECT_TO": "other",
        ])
        #expect(settings.targets.map(\.description) == ["other/to1", "other/to2", "other/to3"])
        #expect("\(settings.targets[0].endpoint)".contains("cn-shanghai"))
    }

    @Test func `empty target endpoint and project mean the source's`() throws {
        let settings = try settings(["SLS_ENDPOINT_TO": "", "SLS_PROJECT_TO": ""])
        #expect(settings.targets[0].project == settings.source.project)
    }

    @Test func `a consumer's name that none may have is a mistake of its variable`() throws {
        let found = mistakes(["SLS_CONSUMER_NAME": String(repeating: "a", count: 257)])
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("SLS_CONSUMER_NAME: ") }, "\(found)")
        #expect(try settings(["SLS_CONSUMER_NAME": "worker-1"]).consumerName == "worker-1")
    }

    @Test func `everything that is missing is named at once`() {
        do throws(SettingsError) {
            _ = try DispatcherSettings(environment: [:], now: Timestamp(seconds: 0))
            Issue.record("nothing was missing")
        } catch {
            for name in Self.complete.keys {
                #expect(error.mistakes.contains { $0.hasPrefix(name) }, "\(name) is not named")
            }
        }
    }

    @Test func `an empty second target is named, and the article's mistake is explained`() {
        #expect(mistakes(["SLS_LOGSTORE_TO2": ""]) == ["SLS_LOGSTORE_TO2 is empty"])
        let both = mistakes(["SLS_LOGSTORE_TO2": "", "SLS_LOGSTORE_TO3": ""])
        #expect(both.contains { $0.contains("exports it three times by mistake") })
    }

    @Test func `routes of one's own take the place of the three targets`() throws {
        let settings = try settings([
            "SLS_LOGSTORE_TO1": "", "SLS_LOGSTORE_TO2": "", "SLS_LOGSTORE_TO3": "",
            "SLS_ROUTES": "a=store-a,b=store-b,c=store-a,=untopical",
        ])
        #expect(settings.targets.map(\.logstore.value) == ["store-a", "store-b", "untopical"])
        #expect(settings.routes.routes.map(\.target) == [0, 1, 0, 2])
        #expect(settings.routes.routes.map(\.topic) == ["a", "b", "c", ""])
    }

    @Test func `topics are told apart by their bytes`() throws {
        let settings = try settings(["SLS_ROUTES": "caf\u{E9}=store-a,cafe\u{301}=store-a"])
        #expect(settings.routes.routes.map { Array($0.topic.utf8).count } == [5, 6])
    }

    @Test(arguments: [
        ("SLS_ROUTES", "a"), ("SLS_ROUTES", "a=b=,"), ("SLS_ROUTES", "a=store,b=other,a=store"), ("SLS_ROUTES", "a=X"),
        ("SLS_ENDPOINT", "ftp://x"), ("SLS_PROJECT", "Demo"), ("SLS_LOGSTORE", "a"), ("SLS_CURSOR_START", "soon"),
        ("SLS_GROUP_TIMEOUT", "5"), ("SLS_GROUP_TIMEOUT", "3601s"), ("SLS_GROUP_TIMEOUT", "1m"),
        ("SLS_GROUP_TIMEOUT", "30.5"), ("SLS_GAP_POLICY", "Latest"),
        ("SLS_DELIVERY", "twice"), ("SLS_IDENTITY", "a b"), ("SLS_LANES", "0"),
        ("SLS_LANES", "many"), ("SLS_BATCH_WAIT", "0s"), ("SLS_DEAD_LETTER", "X"), ("SLS_DISPATCH_TAG", "yes"),
    ])
    func `a malformed value is an error that names its variable`(name: String, value: String) {
        let found = mistakes([name: value])
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.contains(name) || $0.contains("timeout") }, "\(found)")
    }

    @Test(arguments: [("30s", 30), ("30", 30), ("6", 6), ("3600s", 3_600)])
    func `the group's timeout is whole seconds`(text: String, seconds: Int) throws {
        #expect(try settings(["SLS_GROUP_TIMEOUT": text]).groupTimeout == .seconds(seconds))
    }

    @Test func `a policy for expired checkpoints is given by name`() throws {
        #expect(try settings([:]).gapPolicy == .earliest)
        #expect(try settings(["SLS_GAP_POLICY": "fail"]).gapPolicy == .fail)
    }

    @Test func `delivery is at least once unless told otherwise`() throws {
        let plain = try settings().delivery
        #expect(plain.mode == .atLeastOnce && plain.laneCount == 8 && !plain.tagsOrigin && plain.deadLetter == nil)
        let settings = try settings([
            "SLS_DELIVERY": "exactly-once-batched", "SLS_IDENTITY": "blue", "SLS_LANES": "1", "SLS_BATCH_WAIT": "7s",
            "SLS_DEAD_LETTER": "dead", "SLS_PROJECT_TO": "other",
        ])
        #expect(settings.delivery.mode == .exactlyOnceBatched)
        #expect(settings.keys.origin.identity.word == "blue" && settings.keys.laneCount == 1)
        #expect(settings.delivery.batchWait == .seconds(7))
        #expect(settings.delivery.deadLetter?.description == "other/dead")
    }

    @Test(arguments: [
        ("end", "2023-11-14T22:13:20Z"), ("-2h", "2023-11-14T20:13:20Z"),
        ("2023-11-15T00:00:00Z", "2023-11-14T22:13:20Z"),
    ]) func `X18 a start that moves is refused in exactly-once modes, with the time to write instead`(
        start: String, instead: String
    ) throws {
        let found = mistakes(["SLS_DELIVERY": "exactly-once", "SLS_CURSOR_START": start])
        #expect(found.count == 1 && found[0].contains("SLS_CURSOR_START=\(instead)"), "\(found)")
        // A time that is still to come is fixed: what is wrong with it is another thing.
        #expect(found[0].contains("lies ahead") == start.hasPrefix("2023"), "\(found)")
        #expect(found[0].contains("the same at every restart") != start.hasPrefix("2023"), "\(found)")
        #expect(mistakes(["SLS_DELIVERY": "exactly-once", "SLS_CURSOR_START": instead]).isEmpty)
        #expect(mistakes(["SLS_CURSOR_START": start]).isEmpty)
    }

    @Test func `what rules a mode out is named together with everything else`() {
        let found = mistakes([
            "SLS_DELIVERY": "exactly-once", "SLS_CURSOR_START": "end", "SLS_GAP_POLICY": "latest", "SLS_LANES": "0",
        ])
        #expect(found.count == 3 && found.contains { $0.hasPrefix("SLS_LANES") }, "\(found)")
    }

    @Test func `a start without a zone is refused in exactly-once modes, with the same time in UTC`() throws {
        let zoneless = "2018-12-26 0:0:0"
        let instead = try settings(["SLS_CURSOR_START": zoneless]).start.description
        for mode in ["exactly-once", "exactly-once-batched"] {
            let found = mistakes(["SLS_DELIVERY": mode, "SLS_CURSOR_START": zoneless])
            #expect(
                found.count == 1 && found[0].contains("without a zone") && found[0].hasSuffix("=\(instead)"), "\(found)"
            )
            #expect(mistakes(["SLS_DELIVERY": mode, "SLS_CURSOR_START": instead]).isEmpty)
        }
    }

    @Test func `skipping what is kept is refused in exactly-once modes`() {
        let found = mistakes(["SLS_DELIVERY": "exactly-once-batched", "SLS_GAP_POLICY": "latest"])
        #expect(found.count == 1 && found[0].contains("SLS_GAP_POLICY=latest") && found[0].contains("earliest"))
        for policy in ["earliest", "fail"] {
            #expect(mistakes(["SLS_DELIVERY": "exactly-once", "SLS_GAP_POLICY": policy]).isEmpty)
        }
        #expect(mistakes(["SLS_GAP_POLICY": "latest"]).isEmpty)
    }

    @Test(arguments: [("to2", "is a target too"), ("all", "is the source")])
    func `dead letters go neither to a target nor back to the source`(logstore: String, reason: String) {
        for mode in DeliveryMode.allCases {
            let found = mistakes(["SLS_DELIVERY": mode.rawValue, "SLS_DEAD_LETTER": logstore])
            #expect(found.count == 1 && found[0].contains("SLS_DEAD_LETTER") && found[0].contains(reason))
        }
    }

    @Test func `secrets never appear in a description`() throws {
        #expect(!"\(try settings(["SLS_AK_KEY": "hush-hush", "SLS_STS_TOKEN": "psst"]))".contains("hush"))
        #expect(!"\(try settings(["SLS_AK_KEY": "hush-hush", "SLS_STS_TOKEN": "psst"]))".contains("psst"))
    }

    @Test(arguments: DeliveryMode.allCases.map(\.rawValue))
    func `neither a target nor the dead letters may be the source, under whatever name of its region`(mode: String) {
        let target = mistakes(["SLS_DELIVERY": mode, "SLS_LOGSTORE_TO1": "all"])
        #expect(target.count == 1 && target.allSatisfy { $0.contains("read again") }, "\(target)")
        let dead = mistakes(["SLS_DELIVERY": mode, "SLS_DEAD_LETTER": "all"])
        #expect(dead.count == 1 && dead.allSatisfy { $0.contains("SLS_DEAD_LETTER") }, "\(dead)")
        let intranet = mistakes([
            "SLS_DELIVERY": mode, "SLS_LOGSTORE_TO1": "all",
            "SLS_ENDPOINT": "cn-hangzhou.log.aliyuncs.com", "SLS_ENDPOINT_TO": "cn-hangzhou-intranet.log.aliyuncs.com",
        ])
        #expect(intranet.count == 1, "the same logstore under another name")
        let elsewhere = mistakes([
            "SLS_DELIVERY": mode, "SLS_LOGSTORE_TO1": "all",
            "SLS_ENDPOINT": "cn-hangzhou.log.aliyuncs.com", "SLS_ENDPOINT_TO": "cn-shanghai.log.aliyuncs.com",
        ])
        #expect(elsewhere.isEmpty)
    }
}
