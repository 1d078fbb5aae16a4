/**
 * The databases of a server: entries by key, their expiry, and the gate through which a running
 * snapshot sees every change before it happens. It imports memory and structure, and knows values
 * only as bytes in an entry; what they mean is the business of {@code server.value} above it.
 */
@NullMarked
package io.redoubt.server.keyspace;

import org.jspecify.annotations.NullMarked;
