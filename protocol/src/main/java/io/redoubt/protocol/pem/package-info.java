/**
 * Certificates and private keys in PEM files (RFC 7468), in all forms that OpenSSL writes. Start
 * with {@link io.redoubt.protocol.pem.PemFile}. Imports none of Redoubt's packages.
 */
@NullMarked
package io.redoubt.protocol.pem;

import org.jspecify.annotations.NullMarked;
