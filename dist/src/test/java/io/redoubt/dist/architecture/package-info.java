/**
 * The architecture test: the imports that each package may have, and the places where time,
 * randomness, threads, sockets and files enter. Reads the class files of every module with the
 * JDK's class-file API. Start reading at {@link io.redoubt.dist.architecture.Rules}.
 */
@NullMarked
package io.redoubt.dist.architecture;

import org.jspecify.annotations.NullMarked;
