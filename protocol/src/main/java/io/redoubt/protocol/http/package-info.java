/**
 * The HTTP server of {@code metrics-port}: metrics, health, readiness, and the page that shows a
 * process and its replication group live.
 *
 * <p>It has a thread of its own and reads only state published by the owner of the data, never the
 * data itself. It must survive any client: connections, headers, waiting times and pending replies
 * are bounded. Start reading at {@link io.redoubt.protocol.http.WatchServer}.
 */
@NullMarked
package io.redoubt.protocol.http;

import org.jspecify.annotations.NullMarked;
