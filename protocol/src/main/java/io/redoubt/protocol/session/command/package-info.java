/**
 * The commands shared by data servers and sentinels: the connection, CLIENT, ACL and Pub/Sub. Start
 * reading at {@link io.redoubt.protocol.session.command.ConnectionCommands}.
 */
@NullMarked
package io.redoubt.protocol.session.command;

import org.jspecify.annotations.NullMarked;
