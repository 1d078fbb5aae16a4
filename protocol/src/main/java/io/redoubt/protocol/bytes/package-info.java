/**
 * Byte strings, numbers, glob patterns, quoting and hashing with Redis' semantics.
 *
 * <p>Imports none of Redoubt's packages; all others may import it. Bytes are read and written in
 * place, in memory segments, so that the arguments of commands never become Java objects. Start
 * reading at {@link io.redoubt.protocol.bytes.ByteString} and {@link
 * io.redoubt.protocol.bytes.Numbers}.
 */
@NullMarked
package io.redoubt.protocol.bytes;

import org.jspecify.annotations.NullMarked;
