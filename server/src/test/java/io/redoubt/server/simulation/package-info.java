/**
 * Whole servers in one thread, from one seed: their threads take turns, their time is counted,
 * their network and their disks are simulated. Imports what the server's tests import, and the
 * parts of Netty that a kind of channel is made of.
 */
@NullMarked
package io.redoubt.server.simulation;

import org.jspecify.annotations.NullMarked;
