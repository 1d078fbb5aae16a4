/**
 * The sentinel's I/O: connections to nodes, ticks, scripts, and the state in sentinel.conf. Feeds
 * inputs to the core and performs its outputs.
 *
 * <p>Imports the core and the protocol module. All decisions are left to the core, so that the code
 * that is hard to test stays small. Start reading at {@link
 * io.redoubt.sentinel.runtime.SentinelDriver}.
 */
@NullMarked
package io.redoubt.sentinel.runtime;

import org.jspecify.annotations.NullMarked;
