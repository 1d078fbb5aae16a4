/** Tests of replication: of its parts, and of whole servers, ours and Redis' own. */
@NullMarked
package io.redoubt.server.replication;

import org.jspecify.annotations.NullMarked;
