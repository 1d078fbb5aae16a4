/**
 * The databases of a server: entries by key, their expiry, and the gate through which a running
 * snapshot sees every change before it happens. Start reading at {@link
 * io.redoubt.server.keyspace.Keyspace} and {@link io.redoubt.server.keyspace.Entry}. The package
 * imports memory and structure, and treats values as bytes in an entry; {@code server.value} above
 * it interprets them.
 */
@NullMarked
package io.redoubt.server.keyspace;

import org.jspecify.annotations.NullMarked;
