/**
 * The lifecycle of a data server: loading at startup, confirming its role after a restart, the
 * periodic work of cron and housekeeping, and shutdown. Start reading at {@link
 * io.redoubt.server.lifecycle.DataSet#loadAtStart}. Imports the parts that it controls; none of
 * them imports it.
 */
@NullMarked
package io.redoubt.server.lifecycle;

import org.jspecify.annotations.NullMarked;
