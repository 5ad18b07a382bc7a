//! Interpolants, schedules, integrators and the noise stream (design §6).
