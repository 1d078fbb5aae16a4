/**
 * The sentinel. May import protocol, but not server or persistence. Start reading at {@link
 * io.redoubt.sentinel.core.Sentinel} for the decisions, and at {@link
 * io.redoubt.sentinel.SentinelServer} for the process.
 */
@NullMarked
package io.redoubt.sentinel;

import org.jspecify.annotations.NullMarked;
