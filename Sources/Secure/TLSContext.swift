package import Basis
import COpenSSL
import Platform

/// What all connections of one side share: keys, trust, and what may be agreed on. Made at the
/// start, and the same from then on.
@safe
package final class TLSContext: Sendable {
    // SAFETY: a context that is no longer changed may be used by any thread (openssl-threads(7)).
    private nonisolated(unsafe) let context: OpaquePointer
    /// Whom a client asks for; nil at a server.
    private let peer: Peer?
    /// Whether a server reads what comes before a handshake is done.
    let takesEarly: Bool
    /// How a client opens its connections.
    package let handshake: TLSSettings.Handshake
    /// A server's. The context refers to them.
    private let ticketKeys: TicketKeys?

    /// What the first handshake has agreed on.
    private let agreement = Guarded<String?>(nil)

    /// The server that a client connects to.
    package struct Peer: Equatable, Sendable {
        package var host: String
        /// Whether `host` is an address, which no server is told by name (RFC 6066 §3).
        package var isAddress: Bool
        package var application: ApplicationProtocol

        package init(host: String, isAddress: Bool, application: ApplicationProtocol) {
            self.host = host
            self.isAddress = isAddress
            self.application = application
        }
    }

    /// The side of a server.
    ///
    /// - Parameters:
    ///   - identity: its certificate, where `settings` names no files.
    ///   - ticketKeys: those of the settings' period where none are given.
    package init(
        server settings: TLSSettings, identity: consuming TLSIdentity?,
        ticketKeys: TicketKeys? = nil
    ) throws(Complaint) {
        peer = nil
        handshake = .full
        takesEarly = settings.earlyBytes > 0
        let keys = ticketKeys ?? TicketKeys(period: settings.ticketPeriod)
        self.ticketKeys = keys
        unsafe context = try Self.make(TLS_server_method(), settings)
        // SAFETY: until it returns, this function alone has the context; `deinit` frees it, also
        // where this throws.
        if let identity {
            try Self.complain(unless: unsafe identity.use(in: context), "its certificate")
        }
        unsafe copenssl_select_protocol(context)
        unsafe SSL_CTX_set_session_id_context(context, "switchyard", 10)
        unsafe Self.resume(settings, keys, context)
        if let authorities = settings.authorities {
            try unsafe Self.trust(authorities, context)
            unsafe SSL_CTX_set_verify(
                context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
    }

    /// The side of a client.
    package init(client settings: TLSSettings, of peer: Peer) throws(Complaint) {
        self.peer = peer
        handshake = settings.handshake
        takesEarly = false
        ticketKeys = nil
        unsafe context = try Self.make(TLS_client_method(), settings)
        if settings.handshake == .full {
            unsafe copenssl_forget_sessions(context)
        } else {
            unsafe copenssl_keep_sessions(context)
        }
        let name = Array(peer.application.rawValue.utf8)
        let list = [UInt8(name.count)] + name
        // SAFETY: as above; the list is copied by the call.
        let refused = unsafe SSL_CTX_set_alpn_protos(context, list, UInt32(list.count))
        precondition(refused == 0, "one name is a list of protocols")
        if !settings.isVerifying { return }
        if let authorities = settings.authorities {
            try unsafe Self.trust(authorities, context)
        } else {
            unsafe SSL_CTX_set_default_verify_paths(context)
            if let own = TestAuthority.trusted { unsafe SSL_CTX_load_verify_file(context, own) }
            ERR_clear_error()
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }

    deinit {
        // SAFETY: connections hold references of their own.
        unsafe SSL_CTX_free(context)
    }

    /// A connection that has said nothing yet.
    func makeConnection() -> OpaquePointer {
        // SAFETY: the context lives; what is set here belongs to the new connection.
        guard let ssl = unsafe SSL_new(context) else {
            preconditionFailure("no memory for a connection of TLS")
        }
        guard let peer else {
            unsafe SSL_set_accept_state(ssl)
            return unsafe ssl
        }
        unsafe SSL_set_connect_state(ssl)
        if peer.isAddress {
            unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), peer.host)
        } else {
            _ = unsafe copenssl_set_name(ssl, peer.host)
            unsafe SSL_set1_host(ssl, peer.host)
        }
        return unsafe ssl
    }

    /// Whether what was agreed on serves: only HTTP/2 has to be agreed on by name (RFC 9113 §3.2).
    func accepts(_ ssl: OpaquePointer) -> Bool {
        // SAFETY: the caller's connection is alive.
        unsafe peer?.application != .http2 || Self.application(of: ssl) == .http2
    }

    /// The protocol that both ends have agreed on.
    static func application(of ssl: OpaquePointer) -> ApplicationProtocol? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        // SAFETY: the connection lives, and with it the name.
        unsafe SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name = unsafe name else { return nil }
        switch length {
        case 2 where unsafe name[0] == UInt8(ascii: "h"): return .http2
        case 8: return .http11
        default: return nil
        }
    }

    /// Version, cipher and group of a client's first handshake; nil before it is done.
    package var agreed: String? { agreement.withLock { $0 } }

    /// A handshake is done.
    func note(_ ssl: OpaquePointer) {
        // A server's connections share nothing that they need not.
        if peer == nil { return }
        agreement.withLock { agreed in
            if agreed != nil { return }
            // SAFETY: the caller's connection is alive; the texts are constants of the library.
            let words = unsafe [
                SSL_get_version(ssl), SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)),
                copenssl_group_name(ssl),
            ]
            agreed = unsafe words.compactMap { word in
                unsafe word.map { unsafe String(cString: $0) }
            }.joined(separator: " ")
        }
    }

    // MARK: what both sides are told

    private static func make(
        _ method: OpaquePointer?, _ settings: TLSSettings
    ) throws(Complaint) -> OpaquePointer {
        // SAFETY: the new context is this function's until it returns it.
        guard let context = unsafe SSL_CTX_new(method) else {
            throw Complaint("OpenSSL can't be used", remedy: "see openssl version -a")
        }
        // SAFETY: as above, down to the end of the function.
        do throws(Complaint) {
            unsafe copenssl_set_modes(context, settings.keepsBuffers ? 1 : 0)
            unsafe copenssl_ask_for_no_phrase(context)
            try unsafe setVersions(settings.version, context)
            if let ciphers = settings.ciphers { try unsafe setCiphers(ciphers, context) }
            if let groups = settings.groups {
                try complain(
                    unless: unsafe copenssl_set_groups(context, groups) == 1,
                    "the groups '\(groups)'", remedy: "give names such as X25519:P-256")
            }
            if let files = settings.files { try unsafe use(files, context) }
            return unsafe context
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
    }

    /// What a server gives to be resumed, and takes of it.
    private static func resume(
        _ settings: TLSSettings, _ keys: TicketKeys, _ context: OpaquePointer
    ) {
        // SAFETY: the caller's context is alive, and keeps the keys as long.
        unsafe copenssl_note_names(context)
        unsafe SSL_CTX_set_timeout(context, CLong(settings.ticketPeriod.inSeconds.rounded(.up)))
        if settings.tickets == 0 {
            unsafe copenssl_give_no_tickets(context)
        } else {
            unsafe SSL_CTX_set_num_tickets(context, settings.tickets)
            unsafe keys.use(in: context)
        }
        if settings.earlyBytes > 0 {
            unsafe copenssl_remember_sessions(context, CLong(Limit.rememberedSessions))
            unsafe SSL_CTX_set_max_early_data(context, UInt32(settings.earlyBytes))
            unsafe SSL_CTX_set_recv_max_early_data(context, UInt32(settings.earlyBytes))
        } else {
            unsafe copenssl_forget_sessions(context)
        }
    }

    private static func setVersions(
        _ version: TLSSettings.Version?, _ context: OpaquePointer
    ) throws(Complaint) {
        // SAFETY: the caller's context is alive.
        let isSet =
            switch version {
            case .tls12: unsafe copenssl_set_version(context, TLS1_2_VERSION)
            case .tls13: unsafe copenssl_set_version(context, TLS1_3_VERSION)
            case nil: unsafe copenssl_set_oldest_version(context, TLS1_2_VERSION)
            }
        try complain(unless: isSet == 1, "TLS \(version?.rawValue ?? "1.2")")
    }

    /// The names of 1.3 begin alike, and are told the library apart from the others.
    private static func setCiphers(
        _ list: String, _ context: OpaquePointer
    ) throws(Complaint) {
        let names = list.split(separator: ":")
        let suites = names.filter { $0.hasPrefix("TLS_") }.joined(separator: ":")
        let others = names.filter { !$0.hasPrefix("TLS_") }.joined(separator: ":")
        // SAFETY: the caller's context is alive.
        let isKnown =
            unsafe !names.isEmpty
            && (suites.isEmpty || SSL_CTX_set_ciphersuites(context, suites) == 1)
            && (others.isEmpty || SSL_CTX_set_cipher_list(context, others) == 1)
        try complain(
            unless: isKnown, "the ciphers '\(list)'", remedy: "see openssl ciphers -v for names")
    }

    private static func use(
        _ files: TLSSettings.Files, _ context: OpaquePointer
    ) throws(Complaint) {
        try read(files.certificate, as: "the certificate")
        try read(files.key, as: "the key")
        // SAFETY: the caller's context is alive.
        try complain(
            unless: unsafe SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1,
            "the certificate \(files.certificate)", remedy: "give a readable file in PEM")
        // A key of another certificate is refused by this call, too.
        try complain(
            unless: unsafe SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1,
            "the key \(files.key)",
            remedy: "give a readable file in PEM without a pass phrase, of the same certificate")
        try complain(
            unless: unsafe SSL_CTX_check_private_key(context) == 1, "the key \(files.key)",
            remedy: "give the key of \(files.certificate)")
    }

    private static func trust(
        _ authorities: String, _ context: OpaquePointer
    ) throws(Complaint) {
        try read(authorities, as: "the authorities")
        // SAFETY: the caller's context is alive.
        try complain(
            unless: unsafe SSL_CTX_load_verify_file(context, authorities) == 1,
            "the authorities \(authorities)", remedy: "give a readable file in PEM")
    }

    /// Whether there is a file: of that, the library says nothing that can be shown.
    private static func read(_ path: String, as what: String) throws(Complaint) {
        do throws(SystemError) {
            _ = try InputFile.read(path, upTo: 1)
        } catch {
            throw error.complaint(
                "TLS can't use \(what) \(path)", remedy: "give a readable file in PEM")
        }
    }

    /// Complains that something can't be used, for the reason that the library has left.
    private static func complain(
        unless isDone: Bool, _ what: String, remedy: String = "see openssl version -a"
    ) throws(Complaint) {
        if isDone { return }
        // The error that came first is nearest to the cause.
        let code = ERR_peek_error()
        ERR_clear_error()
        var reason = "no reason given"
        // SAFETY: a constant of the library, or none.
        if let text = unsafe ERR_reason_error_string(code) {
            reason = unsafe printable(String(cString: text))
        }
        throw Complaint("TLS can't use \(what): \(reason)", remedy: remedy)
    }
}
