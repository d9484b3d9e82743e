/**
 * Directories of the system and of its users (Filesystem Hierarchy Standard 3.0), with everything below them. Giving
 * one of them to another user breaks other programs: sshd, sudo, the kubelet.
 */
const systems = /^\/(?:(?:bin|boot|dev|etc|home|lib\d*|proc|root|run|sbin|sys|usr|var)(?:\/.*)?|media|mnt|opt|srv|tmp)?$/;
export const isOfSystem = (directory: string): boolean => systems.test(directory);

/** Directories that many programs share, so no program can claim one of them for itself. */
const shared = /^\/(?:(?:home|run|usr|var)(?:\/[^/]+)?|bin|boot|dev|etc|lib\d*|media|mnt|opt|proc|root|sbin|srv|sys|tmp)?$/;
export const isShared = (directory: string): boolean => shared.test(directory.replace(/(?<=.)\/+$/, ''));
