/**
 * The parts that data server and sentinel share; imports libraries only.
 *
 * <table>
 * <caption>Packages by purpose</caption>
 * <tr><td>RESP<td>{@code bytes} numbers, patterns and quoting; {@code resp} requests and replies;
 *     {@code pubsub} channels and their subscribers
 * <tr><td>Commands<td>{@code command} declarations and what COMMAND shows of them; {@code acl} users
 *     and the commands they may run; {@code session} clients and the commands on connections
 * <tr><td>The process<td>{@code process} clock, log, signals; {@code net} event loop and sockets;
 *     {@code config} directives; {@code info} sections of INFO; {@code launch} the way from main to
 *     the open port
 * </table>
 *
 * <p>Start reading at {@link io.redoubt.protocol.session.Client}, which a request passes on its way
 * from the socket to the command.
 */
@NullMarked
package io.redoubt.protocol;

import org.jspecify.annotations.NullMarked;
