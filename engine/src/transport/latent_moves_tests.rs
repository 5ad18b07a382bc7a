//! What lists of moves have in common, whatever carries them out.

use super::*;

const INTEGRATORS: [Integrator; 3] = [Integrator::Sde, Integrator::Ode, Integrator::OdeHeun];

fn frame(transport: Transport, settings: &SamplerSettings, first_step: u32) -> Vec<LatentMove> {
    latent_moves(settings, &NetworkConfig { transport, ..NetworkConfig::basic() }, first_step)
}

fn settings(integrator: Integrator, latent_steps: u32) -> SamplerSettings {
    SamplerSettings { integrator, latent_steps, epsilon: 0.7, ..SamplerSettings::default() }
}

#[test]
fn every_list_leads_from_start_to_end_with_finite_numbers_and_ends_without_noise() {
    for transport in Transport::ALL {
        for integrator in INTEGRATORS {
            for latent_steps in [2, 3, 30, 1000] {
                let what = format!("{transport} {integrator:?} {latent_steps}");
                let list = frame(transport, &settings(integrator, latent_steps), 0);
                let mut step = 0;
                for (at, latent_move) in list.iter().enumerate() {
                    let Factors { keep, drift, noise, change, random, .. } = latent_move.factors;
                    let numbers = [keep, drift, noise, change, random].into_iter();
                    let readings = latent_move.reading.drift.into_iter().chain(latent_move.reading.noise);
                    assert!(numbers.chain(readings).all(f32::is_finite), "{what}: {latent_move:?}");
                    assert_eq!(latent_move.latent_step, step, "{what}");
                    let before = at.checked_sub(1).map(|at| list[at].stage);
                    assert_eq!(latent_move.stage == Stage::Correct, before == Some(Stage::Predict), "{what}");
                    step += u32::from(latent_move.stage != Stage::Predict);
                }
                assert_eq!(step, latent_steps, "{what}");
                assert_eq!(
                    list.len(),
                    network_calls(&settings(integrator, latent_steps), transport) as usize
                );
                let random = list.last().map(|last| last.factors.random);
                assert_eq!(random, Some(0.0), "{what}");
            }
        }
    }
}

/// With the exact b̂ and η̂, a step of bridge and diffusion leads to the path at its end: X_τ' has the shares that the
/// table of `path` says, and as much noise, kept and new.
#[test]
fn a_step_with_the_exact_answer_stays_on_the_path() {
    for transport in [Transport::Bridge, Transport::Ddpm] {
        for integrator in INTEGRATORS {
            let list = frame(transport, &settings(integrator, 40), 0);
            for latent_move in list.iter().filter(|latent_move| latent_move.stage != Stage::Correct) {
                let Factors { keep, drift, noise, random, .. } = latent_move.factors;
                let next = transport.time_at((latent_move.latent_step + 1) as f32 / 40.0);
                let (n, after) = (transport.noise_scale(latent_move.tau), transport.noise_scale(next));
                let kept = keep * n + noise;
                let off = (kept * kept + random * random).sqrt() - after;
                assert!(off.abs() < 1e-4, "{transport} {integrator:?}: {latent_move:?}");
                let target = keep * transport.target_scale(latent_move.tau) + drift;
                assert!((target - transport.target_scale(next)).abs() < 1e-5, "{transport}: {latent_move:?}");
            }
        }
    }
}

/// Those of a continuation are those of the frame, but that there is no evaluation to look back at.
#[test]
fn the_last_steps_alone_are_those_of_the_whole_frame() {
    for transport in Transport::ALL {
        for integrator in INTEGRATORS {
            let settings = settings(integrator, 20);
            let mut whole = frame(transport, &settings, 0);
            whole.retain(|latent_move| latent_move.latent_step >= 13);
            let looks_back = transport == Transport::Bridge && integrator != Integrator::OdeHeun;
            assert_eq!(whole[0].factors.change != 0.0, looks_back, "{transport} {integrator:?}");
            whole[0].factors.change = 0.0;
            assert_eq!(frame(transport, &settings, 13), whole, "{transport} {integrator:?}");
        }
    }
}

#[test]
fn positions_have_a_strength_of_their_own_once_the_point_is_spread() {
    let settings = SamplerSettings { position_epsilon_factor: 0.25, ..settings(Integrator::Sde, 10) };
    for transport in [Transport::TwoSided, Transport::OneSided] {
        for latent_move in frame(transport, &settings, 0) {
            let own = transport == Transport::TwoSided && latent_move.latent_step >= 2;
            let expected = if own { (0.25, 0.5) } else { (1.0, 1.0) };
            let factors = latent_move.factors;
            assert_eq!(
                (factors.position_noise, factors.position_random),
                expected,
                "{transport} {latent_move:?}"
            );
        }
    }
}

#[test]
fn a_noise_gain_adds_to_early_noise_of_the_bridge_alone_and_changes_nothing_else() {
    for transport in Transport::ALL {
        for integrator in INTEGRATORS {
            let plain = settings(integrator, 20);
            let more = SamplerSettings { noise_gain: 0.5, ..plain.clone() };
            for (with, without) in frame(transport, &more, 0).iter().zip(frame(transport, &plain, 0)) {
                let next = transport.time_at((with.latent_step + 1) as f32 / 20.0);
                let gain = if transport == Transport::Bridge { 1.0 + 0.5 * (1.0 - next) } else { 1.0 };
                let off = with.factors.random - gain * without.factors.random;
                assert!(off.abs() < 1e-6, "{transport} {integrator:?}: {with:?}");
                let Factors { random, .. } = without.factors;
                assert_eq!(Factors { random, ..with.factors }, without.factors, "{transport} {integrator:?}");
            }
        }
    }
}

#[test]
fn no_strength_is_infinite_and_the_matched_schedule_ends_without_noise() {
    for steps in [2, 3, 10, 100, 1000] {
        let dt = 1.0 / steps as f32;
        for step in 0..steps {
            for schedule in [Schedule::Window, Schedule::Matched] {
                for transport in [Transport::TwoSided, Transport::OneSided] {
                    let (epsilon, ratio) = strength(transport, schedule, 1.0, step as f32 * dt, dt);
                    assert!(epsilon.is_finite() && ratio.is_finite() && epsilon >= 0.0);
                }
            }
        }
        for transport in [Transport::TwoSided, Transport::OneSided] {
            assert!(strength(transport, Schedule::Matched, 1.0, 1.0 - dt, dt).0 < 1e-6);
        }
    }
}
