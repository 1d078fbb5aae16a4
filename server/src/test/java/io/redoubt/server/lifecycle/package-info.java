/** Tests of loading, cron and shutdown. */
@NullMarked
package io.redoubt.server.lifecycle;

import org.jspecify.annotations.NullMarked;
