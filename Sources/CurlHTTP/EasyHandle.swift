internal import CCurl

/// Sole owner of a libcurl easy handle and of what its options point at; the loop thread's only.
@safe final class EasyHandle {
    private let raw: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = unsafe []

    init() throws(CurlError) {
        guard let raw = unsafe curl_easy_init() else { throw CurlError(TransferOutcome(code: CURLE_OUT_OF_MEMORY)) }
        unsafe self.raw = raw
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(raw)
        unsafe errorText.deallocate()
        freeLists()
    }

    /// What tells this handle from others in libcurl's messages.
    var id: UInt { unsafe UInt(bitPattern: raw) }

    /// Connections opened for the transfer that is set up here.
    var connectionCount: Int { long(CURLINFO_NUM_CONNECTS) }

    var status: Int { long(CURLINFO_RESPONSE_CODE) }

    /// `Content-Length` of the answer; nil without one.
    var announcedByteCount: Int? {
        var value: curl_off_t = -1
        unsafe ccurl_get_offset(raw, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &value)
        return value < 0 ? nil : Int(value)
    }

    func outcome(_ code: CURLcode) -> TransferOutcome {
        TransferOutcome(
            code: code, text: unsafe String(cString: errorText), verifyResult: long(CURLINFO_SSL_VERIFYRESULT),
            connectStatus: long(CURLINFO_HTTP_CONNECTCODE))
    }

    func add(to multi: UnsafeMutableRawPointer) -> CURLMcode { unsafe curl_multi_add_handle(multi, raw) }
    func remove(from multi: UnsafeMutableRawPointer) -> CURLMcode { unsafe curl_multi_remove_handle(multi, raw) }

    /// Forgets the last transfer. Connections live in the multi handle and stay.
    func reset() {
        unsafe curl_easy_reset(raw)
        freeLists()
    }

    /// Sets everything for one transfer; `transfer` must live until this handle is reset.
    func prepare(for transfer: Transfer, _ configuration: HTTPClient.Configuration) throws(CurlError) {
        unsafe errorText[0] = 0
        unsafe try set(CURLOPT_ERRORBUFFER, errorText)
        try prepareConnection(transfer.request, until: transfer.deadline, configuration)
        try prepareMethod(transfer.request)
        try prepareHeaders(transfer.request)
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        unsafe try set(CURLOPT_HEADERFUNCTION, receiveHeader)
        unsafe try set(CURLOPT_HEADERDATA, context)
        unsafe try set(CURLOPT_WRITEFUNCTION, receiveBody)
        unsafe try set(CURLOPT_WRITEDATA, context)
        unsafe try set(CURLOPT_READFUNCTION, giveBody)
        unsafe try set(CURLOPT_READDATA, context)
    }

    private func prepareConnection(
        _ request: HTTPRequest, until deadline: ContinuousClock.Instant, _ configuration: HTTPClient.Configuration
    ) throws(CurlError) {
        try set(CURLOPT_NOSIGNAL, 1)
        // A look-up in progress is left behind, or ending its transfer would wait for it and hold up all others.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.curlMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, (deadline - .now).curlMilliseconds)
        try set(CURLOPT_MAXAGE_CONN, configuration.idleConnectionAge.curlSeconds)
        try set(CURLOPT_MAXLIFETIME_CONN, configuration.connectionLifetime.curlSeconds)
        // libcurl allocates both for each transfer: as much as helps this one.
        try set(CURLOPT_BUFFERSIZE, request.body == nil ? 256 << 10 : 16 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, min(max(request.body?.count ?? 0, 16 << 10), 512 << 10))
        try setOffset(CURLOPT_MAXFILESIZE_LARGE, configuration.bodyByteLimit)
        // An empty proxy is none, whatever the variables say.
        if !configuration.usesProxyVariables { try set(CURLOPT_PROXY, "") }
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = configuration.caFile {
            try set(CURLOPT_CAINFO, file)
            // The system's folder would be trusted beside the file.
            try set(CURLOPT_CAPATH, nil as String?)
            // A replaced file is noticed by connections opened five minutes later; libcurl's default is a day.
            try set(CURLOPT_CA_CACHE_TIMEOUT, 300)
        }
        if let target = request.connectTo {
            try set(CURLOPT_CONNECT_TO, list: ["::" + target])
        }
    }

    private func prepareMethod(_ request: HTTPRequest) throws(CurlError) {
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PATH_AS_IS, 1)
        switch (request.method, request.body) {
        case ("GET", nil): try set(CURLOPT_HTTPGET, 1)
        case ("HEAD", nil): try set(CURLOPT_NOBODY, 1)
        case (let method, let body):
            if body != nil || method == "POST" {
                try set(CURLOPT_POST, 1)
                // The body is read once and cannot be rewound, so libcurl cannot post it again on a second connection.
                try setOffset(CURLOPT_POSTFIELDSIZE_LARGE, body?.count ?? 0)
            }
            if method != "POST" { try set(CURLOPT_CUSTOMREQUEST, method) }
            // Without a body nothing would stop libcurl from sending again what met a dying connection.
            if body?.isEmpty ?? true { try set(CURLOPT_FRESH_CONNECT, 1) }
        }
    }

    private func prepareHeaders(_ request: HTTPRequest) throws(CurlError) {
        // An empty value needs the semicolon; a name with a colon alone suppresses what libcurl would add.
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for name in ["Accept", "Content-Type", "Expect"]
        where !request.headers.contains(where: { equalsIgnoringCase($0.name, name) }) {
            lines.append("\(name):")
        }
        try set(CURLOPT_HTTPHEADER, list: lines)
    }

    // MARK: - Options

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe ccurl_set_long(raw, option, value))
    }

    private func setOffset(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe ccurl_set_offset(raw, option, curl_off_t(value)))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(unsafe ccurl_set_string(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(CurlError) {
        try check(unsafe ccurl_set_pointer(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: ccurl_data_callback) throws(CurlError) {
        try check(unsafe ccurl_set_data_callback(raw, option, value))
    }

    private func set(_ option: CURLoption, list lines: [String]) throws(CurlError) {
        var head: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(head, line) else {
                unsafe curl_slist_free_all(head)
                throw CurlError(TransferOutcome(code: CURLE_OUT_OF_MEMORY))
            }
            unsafe head = longer
        }
        if let head = unsafe head { unsafe lists.append(head) }
        try check(unsafe ccurl_set_list(raw, option, head))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        if code != CURLE_OK { throw CurlError(TransferOutcome(code: code)) }
    }

    private func long(_ what: CURLINFO) -> Int {
        var value = 0
        unsafe ccurl_get_long(raw, what, &value)
        return value
    }

    private func freeLists() {
        while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
    }
}

private let receiveHeader: ccurl_data_callback = { bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.received(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let receiveBody: ccurl_data_callback = { bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.received(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let giveBody: ccurl_data_callback = { bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.give(body: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}
