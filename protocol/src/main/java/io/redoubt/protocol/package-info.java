/**
 * The code shared by the data server and the sentinel. Imports libraries only.
 *
 * <table>
 * <caption>Packages by purpose</caption>
 * <tr><td>RESP<td>{@code bytes} numbers, patterns and quoting; {@code resp} requests and replies;
 *     {@code pubsub} channels and their subscribers
 * <tr><td>Commands<td>{@code command} declarations and the replies of COMMAND; {@code acl} users
 *     and the commands they may run; {@code session} clients and the commands on connections
 * <tr><td>The process<td>{@code process} clock, log, signals; {@code net} event loop and sockets;
 *     {@code config} directives; {@code info} sections of INFO; {@code launch} the way from main to
 *     the open port
 * </table>
 *
 * <p>Start reading at {@link io.redoubt.protocol.session.Client}, through which every request
 * passes on its way from the socket to the command.
 */
@NullMarked
package io.redoubt.protocol;

import org.jspecify.annotations.NullMarked;
