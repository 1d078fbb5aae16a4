/**
 * The observation of a running server: INFO, LATENCY, MEMORY, SLOWLOG and MONITOR. Start at {@link
 * io.redoubt.server.execution.monitoring.ServerStats}.
 */
@NullMarked
package io.redoubt.server.execution.monitoring;

import org.jspecify.annotations.NullMarked;
