import COpenSSL

/// A certificate and its key, in memory.
@safe
package struct TLSIdentity: ~Copyable {
    let certificate: OpaquePointer
    let key: OpaquePointer

    /// Takes both over.
    init(certificate: OpaquePointer, key: OpaquePointer) {
        // SAFETY: kept, and freed at the end.
        unsafe self.certificate = certificate
        unsafe self.key = key
    }

    deinit {
        // SAFETY: both belong to this value; who goes on using them has references of his own.
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    /// Makes it the one that connections of a context show; false where it can't be.
    func use(in context: OpaquePointer) -> Bool {
        // SAFETY: the caller's context is alive, and takes references.
        unsafe SSL_CTX_use_certificate(context, certificate) == 1
            && SSL_CTX_use_PrivateKey(context, key) == 1
    }

    /// The certificate in PEM, and before it the key where that is asked for.
    func text(withKey: Bool) -> String? {
        // SAFETY: the memory is read before it is freed.
        guard let memory = unsafe copenssl_memory() else { return nil }
        defer { unsafe BIO_free(memory) }
        if withKey {
            guard unsafe PEM_write_bio_PrivateKey(memory, key, nil, nil, 0, nil, nil) == 1
            else { return nil }
        }
        guard unsafe PEM_write_bio_X509(memory, certificate) == 1 else { return nil }
        var contents: UnsafeMutablePointer<CChar>?
        let length = unsafe copenssl_contents(memory, &contents)
        guard let contents = unsafe contents, length > 0 else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: contents, count: length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// What `text(withKey: true)` gave.
    init?(text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the memory reads `bytes`, which outlive it; what is made is freed or taken over.
        let made = unsafe bytes.withUnsafeBytes { all -> (OpaquePointer, OpaquePointer)? in
            guard let memory = unsafe BIO_new_mem_buf(all.baseAddress, CInt(all.count))
            else { return nil }
            defer { unsafe BIO_free(memory) }
            guard let key = unsafe PEM_read_bio_PrivateKey(memory, nil, nil, nil)
            else { return nil }
            guard let certificate = unsafe PEM_read_bio_X509(memory, nil, nil, nil) else {
                unsafe EVP_PKEY_free(key)
                return nil
            }
            return unsafe (certificate, key)
        }
        ERR_clear_error()
        guard let (certificate, key) = unsafe made else { return nil }
        unsafe self.init(certificate: certificate, key: key)
    }

    /// Whether the certificate is valid for as many seconds from now, and the key is its own.
    func isValid(for seconds: Int) -> Bool {
        // SAFETY: both are alive.
        return unsafe X509_check_private_key(certificate, key) == 1 && ends(after: seconds)
    }

    private func ends(after seconds: Int) -> Bool {
        var days: CInt = 0
        var rest: CInt = 0
        // SAFETY: fills the two numbers; nil stands for now (ASN1_TIME_diff(3)).
        return unsafe ASN1_TIME_diff(&days, &rest, nil, X509_get0_notAfter(certificate)) == 1
            && Int(days) * 86_400 + Int(rest) >= seconds
    }
}
