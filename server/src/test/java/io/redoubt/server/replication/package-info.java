/** Tests of replication: of its parts, and of whole Redoubt and Redis servers. */
@NullMarked
package io.redoubt.server.replication;

import org.jspecify.annotations.NullMarked;
