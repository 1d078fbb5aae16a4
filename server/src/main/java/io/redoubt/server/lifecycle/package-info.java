/**
 * The lifecycle of a data server: loading at startup, the guards against a deposed master (epoch
 * fence, leases, the confirmation of the role after a restart), cron and housekeeping, and
 * shutdown. Start reading at {@link io.redoubt.server.lifecycle.DataSet#loadAtStart}. Imports the
 * parts that it controls; none of them imports this package.
 */
@NullMarked
package io.redoubt.server.lifecycle;

import org.jspecify.annotations.NullMarked;
