/**
 * The architecture test: which package may import which, and where time, chance, threads, sockets
 * and files come in. Reads the class files of every module with the JDK's own class-file API.
 */
@NullMarked
package io.redoubt.dist.architecture;

import org.jspecify.annotations.NullMarked;
